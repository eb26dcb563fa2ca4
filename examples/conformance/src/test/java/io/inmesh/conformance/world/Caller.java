package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import io.inmesh.identity.TlsGeneration;
import java.io.IOException;
import java.net.InetAddress;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/** A process that calls others, over the transport and in the style of its world. Thread-safe. */
public final class Caller {
  private static final long HANGING_SECONDS = 30;

  private final World world;
  private final Mesh mesh;
  private final Wire wire;

  Caller(World world, Mesh mesh, Wire wire) {
    this.world = world;
    this.mesh = mesh;
    this.wire = wire;
  }

  /** Calls {@code service/path}, idempotently. */
  public Answer get(String target) throws InterruptedException {
    return call(Request.get(target));
  }

  /** Calls {@code service/path} many times, one after the other. */
  public Tally get(String target, int times) throws InterruptedException {
    List<Answer> answers = new ArrayList<>(times);
    for (int i = 0; i < times; i++) {
      answers.add(get(target));
    }
    return new Tally(answers);
  }

  /** Calls until each of these instances has answered: over gRPC, until it is connected. */
  public void meet(String target, Instance... instances) throws InterruptedException {
    Set<String> missing = hosts(instances);
    world.until(
        "each of " + hosts(instances) + " answers",
        () -> {
          missing.remove(get(target).host());
          return missing.isEmpty();
        });
  }

  /** Whether none of so many calls goes to an instance that it is not by chance. */
  public boolean avoids(String target, Instance instance) throws InterruptedException {
    int before = instance.requests().size();
    for (int i = 0; i < 64 && instance.requests().size() == before; i++) {
      get(target);
    }
    return instance.requests().size() == before;
  }

  /**
   * Whether all of these instances, and no others, answer, and answer well. So many calls that
   * another one that were in use would not be missed by chance.
   */
  public boolean reaches(String target, Instance... instances) throws InterruptedException {
    return reaches(Request.get(target), instances);
  }

  /** The same with calls of one's own. */
  public boolean reaches(Request request, Instance... instances) throws InterruptedException {
    Set<String> wanted = hosts(instances);
    Set<String> missing = hosts(instances);
    for (int i = 0; i < 32; i++) {
      Answer answer = call(request);
      if (!answer.ok() || !wanted.contains(answer.host())) {
        return false;
      }
      missing.remove(answer.host());
    }
    return missing.isEmpty();
  }

  private static Set<String> hosts(Instance... instances) {
    return Stream.of(instances).map(Instance::host).collect(Collectors.toCollection(HashSet::new));
  }

  /** Calls {@code service/path}; must not be repeated without permission. */
  public Answer post(String target) throws InterruptedException {
    return call(Request.post(target));
  }

  /** Calls. */
  public Answer call(Request request) throws InterruptedException {
    return world.style() == Style.BLOCKING ? wire.send(request) : wire.sendAsync(request).await();
  }

  /** Begins a call. */
  public Pending start(Request request) {
    return world.style() == Style.BLOCKING ? new Waiting(request) : wire.sendAsync(request);
  }

  /**
   * Shakes hands with a port of this machine as this process.
   *
   * @param version of TLS, as Java names it
   * @return the version that was agreed on
   * @throws IOException if the server does not
   */
  public String handshake(int port, String version) throws IOException {
    TlsGeneration own = identity();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(new KeyManager[] {own.keys()}, new TrustManager[] {own.trust()}, null);
      try (SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
        socket.setSoTimeout(10_000);
        socket.setEnabledProtocols(new String[] {version});
        socket.startHandshake();
        return socket.getSession().getProtocol();
      }
    } catch (GeneralSecurityException impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** What the process shows of itself, which it does not have from its first moment. */
  TlsGeneration identity() {
    TlsGeneration own = mesh.inbound(9).tls().generation();
    for (long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        own == null && System.nanoTime() < until;
        own = mesh.inbound(9).tls().generation()) {
      LockSupport.parkNanos(1_000_000);
    }
    return Objects.requireNonNull(own, "no identity within twenty seconds");
  }

  /** The process's membership. */
  public Mesh mesh() {
    return mesh;
  }

  Wire wire() {
    return wire;
  }

  static Answer await(CompletableFuture<Answer> future) throws InterruptedException {
    try {
      return future.get(HANGING_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("the call neither answered nor failed as it should", e);
    }
  }

  /** A thread of the application that waits. */
  private final class Waiting implements Pending {
    private final FutureTask<Answer> task;
    private final Thread thread;

    Waiting(Request request) {
      task = new FutureTask<>(() -> wire.send(request));
      thread = new Thread(task, "application");
      thread.start();
    }

    @Override
    public Answer await() throws InterruptedException {
      try {
        return task.get(HANGING_SECONDS, TimeUnit.SECONDS);
      } catch (ExecutionException | TimeoutException | CancellationException e) {
        throw new AssertionError("the call neither answered nor failed as it should", e);
      }
    }

    @Override
    public boolean done() {
      return task.isDone();
    }

    @Override
    public void cancel() {
      thread.interrupt();
    }
  }
}
