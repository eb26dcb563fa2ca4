package io.inmesh.grpc;

import io.grpc.Context;
import io.grpc.Server;
import io.inmesh.Mesh;
import io.inmesh.call.Peer;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Servers in the mesh. Each call is admitted by the mesh's current configuration before anything
 * else of the server sees it, and each connection is secured as the configuration says.
 * Registration is separate: {@link Mesh} does it. Thread-safe.
 */
public final class MeshServers {
  /** Who sent the call that is being handled; absent outside of one. */
  public static final Context.Key<Peer> PEER = Context.key("inmesh-peer");

  private MeshServers() {}

  /**
   * A builder for a server on a port of all addresses.
   *
   * @param port 0: a free one
   */
  public static MeshServerBuilder builder(Mesh mesh, int port) {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("port " + port + ": expected 0 to 65535");
    }
    return builder(mesh, new InetSocketAddress(port));
  }

  /**
   * A builder for a server on an address.
   *
   * @param address port 0: a free one
   */
  public static MeshServerBuilder builder(Mesh mesh, InetSocketAddress address) {
    return new MeshServerBuilder(mesh, address, SslContexts.FASTEST);
  }

  static MeshServerBuilder builder(Mesh mesh, int port, SslContexts contexts) {
    return new MeshServerBuilder(mesh, new InetSocketAddress(port), contexts);
  }

  /**
   * Takes a server out of the mesh without losing a call: runs the steps that make others stop
   * sending (health to not serving, then deregistration, in this order), waits until they have
   * heard of it, refuses new calls, lets the others finish. Blocks.
   *
   * @param quiet how long after the steps the server still serves as before
   * @param grace how long calls in flight may take from then on
   * @param steps in order; one that throws does not keep the others from running
   * @return whether all calls finished; the rest was broken off
   * @throws InterruptedException if the caller was interrupted; the server stops at once
   */
  public static boolean stop(Server server, Duration quiet, Duration grace, Runnable... steps)
      throws InterruptedException {
    RuntimeException failure = null;
    for (Runnable step : steps) {
      try {
        step.run();
      } catch (RuntimeException e) {
        failure = e;
      }
    }
    boolean finished;
    try {
      TimeUnit.NANOSECONDS.sleep(quiet.toNanos());
      server.shutdown();
      finished = server.awaitTermination(grace.toNanos(), TimeUnit.NANOSECONDS);
    } finally {
      server.shutdownNow();
    }
    if (failure != null) {
      throw failure;
    }
    return finished;
  }
}
