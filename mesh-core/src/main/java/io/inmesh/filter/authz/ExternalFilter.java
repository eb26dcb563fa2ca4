package io.inmesh.filter.authz;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.BodyStart;
import io.inmesh.call.GrpcStatus;
import io.inmesh.call.Headers;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.filter.DecisionLog;
import io.inmesh.filter.FilterCall;
import io.inmesh.filter.MeshFilter;
import io.inmesh.filter.Step;
import io.inmesh.model.AccessAnswer;
import io.inmesh.model.AccessMatch;
import io.inmesh.model.ExternalAuthorization;
import io.inmesh.model.HeaderAdd;
import io.opentelemetry.context.Scope;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Has somebody else decide about the requests that an earlier filter has selected. Whoever gives no
 * decision in time has not let the request pass, unless the settings say otherwise. Thread-safe.
 */
final class ExternalFilter implements MeshFilter {
  private static final System.Logger LOG = System.getLogger(ExternalFilter.class.getName());

  /** What the arbiter tells later filters is found under this name. */
  static final String FINDING = "envoy.filters.http.ext_authz";

  private final ExternalAuthorization settings;
  private final Arbiter arbiter;
  private final QuestionMaker questions;
  private final AccessMetrics metrics;
  private final @Nullable ValueTest selected;
  private final String[] selection;
  private final DecisionLog refusals = new DecisionLog(LOG, Level.INFO);
  private final DecisionLog failures = new DecisionLog(LOG, Level.WARNING);

  ExternalFilter(ExternalAuthorization settings, Arbiter arbiter, AccessMetrics metrics) {
    this.settings = settings;
    this.arbiter = arbiter;
    this.questions = new QuestionMaker(settings);
    this.metrics = metrics;
    AccessMatch.Metadata needed = settings.selected();
    this.selected = needed == null ? null : ValueTest.of(needed.value());
    this.selection = needed == null ? new String[0] : needed.path().toArray(new String[0]);
  }

  @Override
  public boolean guards() {
    return true;
  }

  @Override
  public Step onRequest(FilterCall call) {
    Object policy = policy(call);
    if (selected != null && !selected.test(policy)) {
      return Step.NEXT;
    }
    String name = policy instanceof String text ? text : settings.provider().authority();
    ExternalAuthorization.Body wanted = settings.body();
    if (wanted == null) {
      return new Step.Later(ask(call, null, name));
    }
    CompletionStage<BodyStart> body = call.request().body(wanted.maxBytes());
    if (body == null) {
      // No failure of whoever decides: those may be allowed, and callers could bring this about.
      return refuse(call, 415, GrpcStatus.UNIMPLEMENTED, "its body cannot be shown", name);
    }
    return new Step.Later(
        body.handle(
                (start, broken) -> {
                  if (start == null) {
                    return done(answer(400, List.of(), ""));
                  }
                  return start.whole() || wanted.allowPartial()
                      ? ask(call, start, name)
                      : done(
                          refuse(
                              call,
                              413,
                              GrpcStatus.RESOURCE_EXHAUSTED,
                              "its body is larger than " + wanted.maxBytes(),
                              name));
                })
            .thenCompose(asked -> asked));
  }

  private static CompletionStage<Step> done(Step step) {
    return CompletableFuture.completedFuture(step);
  }

  @SuppressWarnings("try") // the scope is closed, not used
  private CompletionStage<Step> ask(FilterCall call, @Nullable BodyStart start, String policy) {
    CompletionStage<AccessAnswer> asked;
    try (Scope scope = call.context().makeCurrent()) {
      asked = arbiter.ask(questions.about(call, start), settings.timeout());
    }
    return asked.handle(
        (answer, failure) -> {
          if (answer instanceof AccessAnswer.Allowed allowed) {
            return admit(call, allowed, policy);
          }
          return answer instanceof AccessAnswer.Denied denied
              ? refuse(call, denied, policy)
              : undecided(call, failure, policy);
        });
  }

  /** What the filter that selects says: the policy's name. */
  private @Nullable Object policy(FilterCall call) {
    AccessMatch.Metadata needed = settings.selected();
    return needed == null ? null : ValueTest.at(call.finding(needed.filter()), selection);
  }

  private Step admit(FilterCall call, AccessAnswer.Allowed allowed, String policy) {
    metrics.count(AccessMetrics.attributes("allowed", policy));
    Headers headers = call.request().headers();
    for (String name : allowed.removed()) {
      if (FieldRules.changeable(name)) {
        headers.remove(name);
      }
    }
    apply(allowed.request(), headers);
    QueryEditor.apply(allowed.query(), call.request());
    if (!allowed.response().isEmpty()) {
      call.state(allowed.response());
    }
    if (!allowed.told().isEmpty()) {
      call.finding(FINDING, allowed.told());
    }
    return Step.NEXT;
  }

  private Step refuse(FilterCall call, AccessAnswer.Denied denied, String policy) {
    metrics.count(AccessMetrics.attributes("denied", policy));
    refusals.tell(call, "refused", policy + " (" + settings.provider().authority() + ")");
    List<Map.Entry<String, String>> fields =
        denied.headers().stream().filter(field -> FieldRules.changeable(field.getKey())).toList();
    return answer(denied.status(), fields, denied.body());
  }

  /** What nobody can be asked about. */
  private Step refuse(FilterCall call, int status, int grpcStatus, String why, String policy) {
    metrics.count(AccessMetrics.attributes("denied", policy));
    refusals.tell(call, "refused", policy + ": " + why);
    return new Step.Answer(new LocalReply(status, grpcStatus, List.of(), "", Reason.DENIED));
  }

  private Step undecided(FilterCall call, @Nullable Throwable failure, String policy) {
    Throwable cause =
        failure instanceof CompletionException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    String result = settings.failOpen() ? "failed_allowed" : "failed_denied";
    metrics.count(AccessMetrics.attributes(result, policy));
    failures.tell(
        call,
        settings.failOpen() ? "let in without a decision" : "refused without a decision",
        policy + ": " + settings.provider().authority() + ": " + message(cause));
    return settings.failOpen() ? Step.NEXT : answer(settings.failureStatus(), List.of(), "");
  }

  private static String message(@Nullable Throwable cause) {
    String text = cause == null ? null : cause.getMessage();
    return text == null ? String.valueOf(cause) : text;
  }

  private static Step answer(int status, List<Map.Entry<String, String>> fields, String body) {
    return new Step.Answer(
        new LocalReply(status, GrpcStatus.ofHttp(status), fields, body, Reason.DENIED));
  }

  @Override
  @SuppressWarnings("unchecked") // nobody else writes this filter's state
  public void onResponse(FilterCall call, ResponseHead response) {
    Object changes = call.state();
    if (changes != null) {
      apply((List<HeaderAdd>) changes, response.headers());
    }
  }

  private static void apply(List<HeaderAdd> changes, Headers headers) {
    for (HeaderAdd change : changes) {
      String name = change.name();
      if (!FieldRules.changeable(name)) {
        continue;
      }
      boolean there = headers.get(name) != null;
      switch (change.mode()) {
        case APPEND -> headers.add(name, change.value());
        case OVERWRITE -> headers.set(name, change.value());
        case ADD_IF_ABSENT -> {
          if (!there) {
            headers.set(name, change.value());
          }
        }
        case OVERWRITE_IF_EXISTS -> {
          if (there) {
            headers.set(name, change.value());
          }
        }
      }
    }
  }
}
