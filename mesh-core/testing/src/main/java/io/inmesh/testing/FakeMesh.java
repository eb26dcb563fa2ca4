package io.inmesh.testing;

import io.inmesh.MeshException;
import io.inmesh.call.CallOptions;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.MeshSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * An engine on virtual time with seeded randomness: what tests of calls begin with. Confined to one
 * thread.
 */
public final class FakeMesh {
  private final ManualClock clock = new ManualClock();
  private final List<String> wanted = new ArrayList<>();
  private final MeshEngine engine;

  /** A mesh that knows nothing yet, insecure, for the service {@code web} in {@code default}. */
  public FakeMesh() {
    this(EngineSettings.insecure("web", "default"), builder -> builder);
  }

  /** A mesh with other settings. */
  public FakeMesh(EngineSettings settings, UnaryOperator<MeshEngine.Builder> more) {
    MeshEngine.Builder builder =
        MeshEngine.builder(settings)
            .clock(clock)
            .loop(clock)
            .random(seeded(42))
            .demand(wanted::add);
    engine = more.apply(builder).build();
  }

  /** A generator that gives the same numbers each time. */
  public static Randomness seeded(long seed) {
    Random random = new Random(seed);
    return new Randomness() {
      @Override
      public int nextInt(int bound) {
        return random.nextInt(bound);
      }

      @Override
      public long nextLong() {
        return random.nextLong();
      }

      @Override
      public double nextDouble() {
        return random.nextDouble();
      }
    };
  }

  /** Time. */
  public ManualClock clock() {
    return clock;
  }

  /** The engine. */
  public MeshEngine engine() {
    return engine;
  }

  /** The listeners calls asked for, in order. */
  public List<String> wanted() {
    return List.copyOf(wanted);
  }

  /** Puts a configuration into force. */
  public FakeMesh update(MeshSnapshot snapshot) {
    engine.update(snapshot);
    return this;
  }

  /** Puts a configuration into force. */
  public FakeMesh update(Snapshots snapshots) {
    return update(snapshots.build());
  }

  /** A transport for one call. */
  public FakeTransport transport() {
    return new FakeTransport(clock);
  }

  /** Starts a call with default options. */
  public OutboundCall start(RequestHead head, FakeTransport transport) {
    return start(head, CallOptions.DEFAULT, transport);
  }

  /** Starts a call. */
  public OutboundCall start(RequestHead head, CallOptions options, FakeTransport transport) {
    OutboundCall call = engine.begin(head, options, transport);
    call.start();
    return call;
  }

  /** How a call failed. */
  public static MeshException failure(FakeTransport transport) {
    MeshException failure = transport.failure();
    if (failure == null) {
      throw new AssertionError("the call did not fail");
    }
    return failure;
  }

  /** Fails unless nothing is in flight and no timer is pending. */
  public void assertQuiet() {
    if (clock.pending() != 0) {
      throw new AssertionError(clock.pending() + " timers are still pending");
    }
    if (!engine.idle()) {
      throw new AssertionError("something is still in flight");
    }
  }
}
