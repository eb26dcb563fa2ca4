package io.inmesh.testing;

import io.inmesh.MeshException;
import io.inmesh.call.Attempt;
import io.inmesh.call.CallTransport;
import io.inmesh.call.Failure;
import io.inmesh.call.LocalReply;
import io.inmesh.call.ResponseHead;
import io.inmesh.call.Shadow;
import io.inmesh.call.Usable;
import io.inmesh.control.Cancellable;
import io.inmesh.control.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A transport without a network: picks an endpoint for each attempt and then does what its script
 * says, or waits for the test to report on {@link #attempt}. Confined to one thread.
 */
public final class FakeTransport implements CallTransport {
  private final ManualClock clock;
  private final List<Attempt> attempts = new ArrayList<>();
  private final List<Shadow> shadows = new ArrayList<>();
  private final List<Attempt> abandoned = new ArrayList<>();
  private final List<Integer> ports = new ArrayList<>();
  private Consumer<Attempt> script = attempt -> {};
  private Usable usable = Usable.ALL;
  private boolean waits;
  private Attempt.@Nullable Pick lastPick;
  private @Nullable Attempt delivered;
  private @Nullable LocalReply reply;
  private @Nullable MeshException failure;

  /** A transport on virtual time. */
  public FakeTransport(ManualClock clock) {
    this.clock = clock;
  }

  /** What happens to each attempt that has an endpoint. */
  public FakeTransport script(Consumer<Attempt> value) {
    script = value;
    return this;
  }

  /** Which endpoints the transport can use. */
  public FakeTransport usable(Usable value) {
    usable = value;
    return this;
  }

  /** Attempts for which there is no endpoint wait until the test picks one for them. */
  public FakeTransport waits() {
    waits = true;
    return this;
  }

  /** A script that answers with an HTTP status. */
  public static Consumer<Attempt> answer(int status, String... headers) {
    return attempt -> {
      attempt.sent();
      attempt.requestEnd();
      attempt.head(FakeResponse.http(status, headers));
      attempt.end(ResponseHead.NO_GRPC_STATUS, null);
    };
  }

  /** A script that fails; before or after something was sent, as the kind of failure implies. */
  public static Consumer<Attempt> fail(Failure failure) {
    return attempt -> {
      if (!failure.unprocessed() || failure == Failure.REFUSED) {
        attempt.sent();
        attempt.requestEnd();
      }
      attempt.failed(failure, null);
    };
  }

  /** A script for the first attempt, the second, … ; the last one stays. */
  @SafeVarargs
  public static Consumer<Attempt> inTurn(Consumer<Attempt>... scripts) {
    return attempt -> scripts[Math.min(attempt.number(), scripts.length) - 1].accept(attempt);
  }

  @Override
  public void send(Attempt attempt) {
    attempts.add(attempt);
    lastPick = attempt.pick(usable);
    switch (lastPick) {
      case PICKED -> {
        ports.add(attempt.endpoint().address().getPort());
        script.accept(attempt);
      }
      case NONE -> {
        if (!waits) {
          attempt.failed(Failure.CONNECT, null);
        }
      }
      case REFUSED -> {}
    }
  }

  @Override
  public void mirror(Shadow shadow) {
    if (shadow.pick(usable) == Attempt.Pick.PICKED) {
      shadows.add(shadow);
      shadow.sent();
    }
  }

  @Override
  public void abandon(Attempt attempt) {
    abandoned.add(attempt);
  }

  @Override
  public void deliver(Attempt attempt) {
    unanswered();
    delivered = attempt;
  }

  @Override
  public void respond(LocalReply value) {
    unanswered();
    reply = value;
  }

  @Override
  public void fail(MeshException value) {
    if (delivered == null) {
      unanswered();
    }
    failure = value;
  }

  private void unanswered() {
    if (delivered != null || reply != null || failure != null) {
      throw new AssertionError("the call was answered twice");
    }
  }

  @Override
  public Cancellable schedule(long delayNanos, Runnable task) {
    return clock.schedule(delayNanos, task);
  }

  @Override
  public void execute(Runnable task) {
    clock.execute(task);
  }

  /** The newest attempt. */
  public Attempt attempt() {
    if (attempts.isEmpty()) {
      throw new AssertionError("nothing was sent");
    }
    return attempts.get(attempts.size() - 1);
  }

  /** All attempts, oldest first. */
  public List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  /** The copies that were handed over and have an endpoint; the test reports on them. */
  public List<Shadow> shadows() {
    return List.copyOf(shadows);
  }

  /** Those the engine gave up. */
  public List<Attempt> abandoned() {
    return List.copyOf(abandoned);
  }

  /** The ports of the endpoints that were picked, oldest first. */
  public List<Integer> ports() {
    return List.copyOf(ports);
  }

  /** What the newest pick gave. */
  public Attempt.@Nullable Pick lastPick() {
    return lastPick;
  }

  /** The attempt whose response the application got. */
  public @Nullable Attempt delivered() {
    return delivered;
  }

  /** The answer the engine gave itself. */
  public @Nullable LocalReply reply() {
    return reply;
  }

  /** How the call failed. */
  public @Nullable MeshException failure() {
    return failure;
  }

  /** Whether the application has an answer or failure. */
  public boolean answered() {
    return delivered != null || reply != null || failure != null;
  }
}
