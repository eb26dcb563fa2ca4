package io.inmesh.filter.jwt;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.LocalReply;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Randomness;
import io.inmesh.filter.DecisionLog;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Step;
import io.inmesh.model.JwtAuthentication;
import io.inmesh.model.JwtRequirement;
import io.inmesh.route.RequestTest;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Lets a request pass if its tokens are what they must be; what they say is told to later filters
 * and, if wanted, to the application. Thread-safe.
 */
final class JwtFilter implements MeshFilter {
  /** The name under which later filters find the claims. */
  static final String FINDING = "envoy.filters.http.jwt_authn";

  private static final System.Logger LOG = System.getLogger(JwtFilter.class.getName());

  private record Rule(RequestTest test, JwtRequirement requires) {}

  private final Map<String, Provider> providers;
  private final List<Rule> rules = new ArrayList<>();
  private final boolean bypassCorsPreflight;
  private final boolean quiet;
  private final JwtMetrics metrics;
  private final DecisionLog refusals = new DecisionLog(LOG, Level.INFO);

  JwtFilter(JwtAuthentication settings, Map<String, Provider> providers, JwtMetrics metrics) {
    this.providers = providers;
    for (JwtAuthentication.Rule rule : settings.rules()) {
      rules.add(new Rule(new RequestTest(rule.match()), rule.requires()));
    }
    this.bypassCorsPreflight = settings.bypassCorsPreflight();
    this.quiet = settings.quiet();
    this.metrics = metrics;
  }

  @Override
  public boolean guards() {
    return true;
  }

  @Override
  public Step onRequest(FilterCall call) {
    RequestHead head = call.request();
    for (Provider provider : providers.values()) {
      provider.clean(head.headers());
    }
    JwtRequirement requirement = requirement(head);
    return requirement == null ? Step.NEXT : check(call, requirement, false);
  }

  private @Nullable JwtRequirement requirement(RequestHead head) {
    if (bypassCorsPreflight
        && head.method().equals("OPTIONS")
        && head.headers().get("origin") != null
        && head.headers().get("access-control-request-method") != null) {
      return null;
    }
    for (Rule rule : rules) {
      if (rule.test().matches(head, Randomness.SYSTEM)) {
        return rule.requires();
      }
    }
    return null;
  }

  private Step check(FilterCall call, JwtRequirement requirement, boolean last) {
    Verification verification = new Verification(call.request(), providers, last);
    Verdict verdict = verification.check(requirement);
    if (verdict instanceof Verdict.Waiting waiting) {
      return new Step.Later(waiting.keys().thenApply(ready -> check(call, requirement, true)));
    }
    if (verdict instanceof Verdict.Refused refused) {
      metrics.refused(refused.refusal());
      refusals.tell(call, "refused", refused.refusal().text());
      return refusal(call.request(), refused.refusal());
    }
    accept(call, verification);
    return Step.NEXT;
  }

  private void accept(FilterCall call, Verification verification) {
    if (verification.valid().isEmpty()) {
      return;
    }
    metrics.accepted();
    Map<String, Object> told = new HashMap<>();
    verification
        .valid()
        .forEach(
            (provider, valid) -> {
              provider.apply(call.request(), valid);
              if (!provider.payloadName().isEmpty()) {
                told.put(provider.payloadName(), valid.claims());
              }
            });
    call.finding(FINDING, told);
  }

  private Step refusal(RequestHead head, Refusal refusal) {
    int query = head.path().indexOf('?');
    String path = query < 0 ? head.path() : head.path().substring(0, query);
    String realm = quotable(head.scheme() + "://" + head.authority() + path);
    String challenge = "Bearer realm=\"" + realm + "\"";
    if (refusal != Refusal.MISSING) {
      challenge += ", error=\"invalid_token\"";
    }
    int status = refusal.status();
    return new Step.Answer(
        new LocalReply(
            status,
            GrpcStatus.ofHttp(status),
            quiet ? List.of() : List.of(Map.entry("www-authenticate", challenge)),
            quiet ? "" : refusal.text(),
            Reason.DENIED));
  }

  private static String quotable(String text) {
    StringBuilder quotable = new StringBuilder(text.length());
    for (int i = 0; i < text.length() && i < 256; i++) {
      char c = text.charAt(i);
      if (c > ' ' && c < 127 && c != '"' && c != '\\') {
        quotable.append(c);
      }
    }
    return quotable.toString();
  }
}
