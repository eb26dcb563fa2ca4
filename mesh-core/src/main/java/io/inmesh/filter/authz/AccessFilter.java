package io.inmesh.filter.authz;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.LocalReply;
import io.inmesh.control.LogThrottle;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Step;
import io.inmesh.identity.SpiffeId;
import io.inmesh.model.AccessControl;
import io.inmesh.model.AccessRules.Action;
import java.lang.System.Logger.Level;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lets a request pass or refuses it, without telling the caller why. Thread-safe. */
final class AccessFilter implements MeshFilter {
  private static final System.Logger LOG = System.getLogger(AccessFilter.class.getName());
  private static final System.Logger AUDIT = System.getLogger("io.inmesh.audit");
  private static final int PERMISSION_DENIED = 7;

  /** What the rules on trial found is told to later filters under this name. */
  private static final String FINDING = "envoy.filters.http.rbac";

  private static final Step REFUSED =
      new Step.Answer(
          new LocalReply(403, PERMISSION_DENIED, List.of(), "RBAC: access denied", Reason.DENIED));

  private final @Nullable RuleSet rules;
  private final @Nullable RuleSet shadow;
  private final AccessMetrics metrics;
  private final LogThrottle refusals = new LogThrottle(1_000_000_000L);
  private final LogThrottle trials = new LogThrottle(1_000_000_000L);

  AccessFilter(AccessControl control, AccessMetrics metrics) {
    this.rules = control.rules() == null ? null : new RuleSet(control.rules(), null);
    this.shadow =
        control.shadow() == null ? null : new RuleSet(control.shadow(), control.shadowName());
    this.metrics = metrics;
  }

  @Override
  public Step onRequest(FilterCall call) {
    Subject subject = new Subject(call);
    if (shadow != null) {
      tryOut(shadow, subject);
    }
    return rules == null ? Step.NEXT : decide(rules, subject);
  }

  private Step decide(RuleSet inForce, Subject subject) {
    int policy = inForce.first(subject);
    if (inForce.action == Action.LOG) {
      if (policy != RuleSet.NONE) {
        metrics.count(inForce.attributes(policy));
        AUDIT.log(Level.INFO, () -> line("audited", subject, inForce.name(policy), 0));
      }
      return Step.NEXT;
    }
    metrics.count(inForce.attributes(policy));
    if (!inForce.refuses(policy)) {
      return Step.NEXT;
    }
    log(refusals, "refused", subject, inForce, policy);
    return REFUSED;
  }

  private void tryOut(RuleSet onTrial, Subject subject) {
    int policy = onTrial.first(subject);
    metrics.count(onTrial.attributes(policy));
    if (policy != RuleSet.NONE) {
      subject.call.finding(FINDING, onTrial.finding(policy));
    }
    if (onTrial.refuses(policy)) {
      log(trials, "would be refused (dry run)", subject, onTrial, policy);
    }
  }

  private static void log(
      LogThrottle throttle, String what, Subject subject, RuleSet rules, int policy) {
    if (LOG.isLoggable(Level.INFO)) {
      long left = throttle.permit(System.nanoTime());
      if (left >= 0) {
        LOG.log(Level.INFO, line(what, subject, rules.name(policy), left));
      }
    }
  }

  /** Without query, headers and claims, which may hold secrets. */
  private static String line(String what, Subject subject, String policy, long left) {
    SpiffeId identity = subject.identity();
    return subject.head.method()
        + " "
        + printable(subject.path())
        + " from "
        + (identity == null ? "a peer without identity" : identity)
        + " "
        + what
        + ": "
        + policy
        + (left == 0 ? "" : " (" + left + " such messages were left out)");
  }

  private static String printable(String text) {
    StringBuilder line = new StringBuilder(Math.min(text.length(), 256));
    for (int i = 0; i < text.length() && i < 256; i++) {
      char c = text.charAt(i);
      line.append(c < ' ' || c == 127 ? '?' : c);
    }
    return line.toString();
  }
}
