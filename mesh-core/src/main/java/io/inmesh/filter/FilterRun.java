package io.inmesh.filter;

import io.inmesh.MeshException.Reason;
import io.inmesh.call.LocalReply;
import io.inmesh.call.Peer;
import io.inmesh.call.RequestHead;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.ResponseRecorder;
import io.inmesh.control.LogThrottle;
import io.inmesh.model.Route;
import io.opentelemetry.context.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One call's way through a {@link FilterChain}. A filter that throws refuses the request. Confined
 * to the call's serial context.
 */
public final class FilterRun implements FilterCall {
  private static final System.Logger LOG = System.getLogger(FilterRun.class.getName());
  private static final LogThrottle THROTTLE = new LogThrottle(10_000_000_000L);
  private static final int INTERNAL = 13;

  /** A list, because there is rarely more than one. */
  private record Finding(String name, Object value, @Nullable Finding before) {}

  private final FilterChain chain;
  private final Side side;
  private final RequestHead request;
  private final Context context;
  private final @Nullable Peer peer;
  private final @Nullable Route route;
  private final String cluster;
  private @Nullable Object @Nullable [] states;
  private @Nullable Finding findings;

  /** The filter that is being called. */
  private int current;

  /** How many have seen the request. */
  private int begun;

  /** How many have let it pass. */
  private int passed;

  private boolean ended;
  private @Nullable ResponseRecorder recorder;

  /** A run that has not begun. */
  public FilterRun(
      FilterChain chain,
      Side side,
      RequestHead request,
      Context context,
      @Nullable Peer peer,
      @Nullable Route route,
      String cluster) {
    this.chain = chain;
    this.side = side;
    this.request = request;
    this.context = context;
    this.peer = peer;
    this.route = route;
    this.cluster = cluster;
  }

  /** Calls filters until one does not let the request pass, or all have. */
  public Step advance() {
    while (passed < chain.size()) {
      current = passed;
      begun = passed + 1;
      Step step;
      try {
        step = chain.filter(current).onRequest(this);
      } catch (RuntimeException e) {
        return failed(e);
      }
      if (!(step instanceof Step.Next)) {
        return checked(step);
      }
      passed++;
    }
    return Step.NEXT;
  }

  /** Goes on with what a {@link Step.Later} gave. */
  public Step resume(@Nullable Step step, @Nullable Throwable failure) {
    if (failure != null || step == null) {
      return failed(failure == null ? new NullPointerException("no step") : failure);
    }
    if (step instanceof Step.Next) {
      passed++;
      return advance();
    }
    return checked(step);
  }

  private Step checked(Step step) {
    return step instanceof Step.Replay && side == Side.CLIENT
        ? failed(new IllegalStateException("only servers replay responses"))
        : step;
  }

  private Step failed(Throwable failure) {
    String name = chain.name(passed);
    LOG.log(
        System.Logger.Level.WARNING,
        "filter '" + name + "' failed: the request is refused",
        failure);
    return new Step.Answer(
        new LocalReply(
            500, INTERNAL, List.of(), "the filter '" + name + "' failed", Reason.DENIED));
  }

  private static void warn(String name, String when, Throwable failure) {
    long left = THROTTLE.permit(System.nanoTime());
    if (left >= 0) {
      LOG.log(
          System.Logger.Level.WARNING,
          "filter '" + name + "' failed " + when + " (" + left + " such messages were left out)",
          failure);
    }
  }

  /** Shows the response to the filters that let the request pass, last to first. */
  public void response(ResponseHead response) {
    for (int i = passed - 1; i >= 0; i--) {
      current = i;
      try {
        chain.filter(i).onResponse(this, response);
      } catch (RuntimeException e) {
        warn(chain.name(i), "on a response", e);
      }
    }
  }

  /** Ends the run; further calls have no effect. */
  public void end(Ending ending) {
    if (ended) {
      return;
    }
    ended = true;
    for (int i = begun - 1; i >= 0; i--) {
      current = i;
      try {
        chain.filter(i).onEnd(this, ending);
      } catch (RuntimeException e) {
        warn(chain.name(i), "at the end of a call", e);
      }
    }
  }

  @Override
  public Side side() {
    return side;
  }

  @Override
  public RequestHead request() {
    return request;
  }

  @Override
  public @Nullable Peer peer() {
    return peer;
  }

  @Override
  public Context context() {
    return context;
  }

  @Override
  public @Nullable Route route() {
    return route;
  }

  @Override
  public String cluster() {
    return cluster;
  }

  @Override
  public void record(ResponseRecorder value) {
    recorder = value;
  }

  /** Where the response is to be recorded; null: nowhere. */
  public @Nullable ResponseRecorder recorder() {
    return recorder;
  }

  @Override
  public @Nullable Object state() {
    return states == null ? null : states[current];
  }

  @Override
  public void state(@Nullable Object value) {
    if (states == null) {
      states = new @Nullable Object[chain.size()];
    }
    states[current] = value;
  }

  @Override
  public @Nullable Object finding(String name) {
    for (Finding finding = findings; finding != null; finding = finding.before()) {
      if (finding.name().equals(name)) {
        return finding.value();
      }
    }
    return null;
  }

  @Override
  public void finding(String name, Object value) {
    findings = new Finding(name, value, findings);
  }
}
