package io.inmesh.testing;

import io.inmesh.MeshException;
import io.inmesh.call.CallOptions;
import io.inmesh.call.OutboundCall;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.Demand;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.ManualClock;
import io.inmesh.control.Randomness;
import io.inmesh.model.CalledHost;
import io.inmesh.model.Cluster;
import io.inmesh.model.Endpoint;
import io.inmesh.model.MeshSnapshot;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * An engine on virtual time with seeded randomness: what tests of calls begin with. Confined to one
 * thread.
 */
public final class FakeMesh {
  private final ManualClock clock = new ManualClock();
  private final List<String> wanted = new ArrayList<>();
  private final List<CalledHost> wantedHosts = new ArrayList<>();
  private final Snapshots simulated = Snapshots.builder();
  private final Map<String, List<Endpoint>> members = new HashMap<>();
  private final Map<InetSocketAddress, SimulatedEndpoint> endpoints = new HashMap<>();
  private final Randomness random;
  private final MeshEngine engine;

  /** A mesh that knows nothing yet, insecure, for the service {@code web} in {@code default}. */
  public FakeMesh() {
    this(42);
  }

  /** The same with other random numbers. */
  public FakeMesh(long seed) {
    this(seed, EngineSettings.insecure("web", "default"), builder -> builder);
  }

  /** A mesh with other settings. */
  public FakeMesh(EngineSettings settings, UnaryOperator<MeshEngine.Builder> more) {
    this(42, settings, more);
  }

  private FakeMesh(long seed, EngineSettings settings, UnaryOperator<MeshEngine.Builder> more) {
    random = seeded(seed);
    MeshEngine.Builder builder =
        MeshEngine.builder(settings).clock(clock).loop(clock).random(random).demand(demand());
    engine = more.apply(builder).build();
  }

  private Demand demand() {
    return new Demand() {
      @Override
      public void wanted(String listener) {
        wanted.add(listener);
      }

      @Override
      public void wanted(CalledHost host) {
        wantedHosts.add(host);
      }
    };
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

  /** The hosts that calls to dynamic clusters asked for, in order. */
  public List<CalledHost> wantedHosts() {
    return List.copyOf(wantedHosts);
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

  /**
   * Adds an endpoint to a service, made on first use, and puts that into force. Configuration comes
   * from here and {@link #routes}, or from {@link #update}, not from both.
   */
  public SimulatedEndpoint endpoint(String service) {
    int number = endpoints.size() + 1;
    Endpoint added = Snapshots.endpoint("10.0." + number / 256 + "." + number % 256, 80);
    SimulatedEndpoint endpoint = new SimulatedEndpoint(clock, random, added);
    endpoints.put(added.address(), endpoint);
    List<Endpoint> all = members.computeIfAbsent(service, name -> new ArrayList<>());
    all.add(added);
    update(simulated.members(service, Cluster.Protocol.AUTO, all.toArray(Endpoint[]::new)).build());
    return endpoint;
  }

  /** Replaces the routes of a service with simulated endpoints. */
  public FakeMesh routes(String service, TestRoute... routes) {
    return update(simulated.routes(service, 80, routes));
  }

  /** Begins a {@code GET} of simulated endpoints; what comes of it comes as time goes on. */
  public FakeTransport get(String service, String path, String... headers) {
    return call(FakeRequest.get(service, path, headers));
  }

  /** Begins a call of simulated endpoints; what comes of it comes as time goes on. */
  public FakeTransport call(RequestHead head) {
    FakeTransport transport = transport();
    transport.script(
        attempt -> {
          SimulatedEndpoint endpoint = endpoints.get(attempt.endpoint().address());
          if (endpoint == null) {
            throw new AssertionError(attempt.endpoint() + " is not simulated");
          }
          endpoint.serve(attempt);
        });
    start(head, transport);
    return transport;
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
