package io.inmesh.conformance.world;

import io.inmesh.Mesh;
import io.inmesh.Registration;
import io.inmesh.ServicePort;
import io.inmesh.call.CallContext;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A registered instance of a service, with a real server. Thread-safe. */
public final class Instance {
  private final World world;
  private final Mesh mesh;
  private final Caller own;
  private final List<Seen> requests = new CopyOnWriteArrayList<>();
  private volatile Behaviour behaviour;
  private final Serving.Starter starter;
  private final Serving serving;
  private final List<Serving> others = new CopyOnWriteArrayList<>();
  private final int port;
  private final String protocol;
  private Registration registration;
  private boolean stopped;

  Instance(World world, Mesh mesh, Behaviour behaviour, String protocol, Serving.Starter starter)
      throws Exception {
    this.world = world;
    this.mesh = mesh;
    this.behaviour = behaviour;
    own = world.caller(mesh);
    this.starter = starter;
    this.protocol = protocol;
    serving = starter.start(this, mesh);
    port = serving.port();
    registration = register(new ServicePort(protocol, "", 80, port));
  }

  private Registration register(ServicePort... ports) throws Exception {
    Registration made = mesh.register(ports);
    made.whenRegistered().toCompletableFuture().get(20, TimeUnit.SECONDS);
    return made;
  }

  void expectWarning(String regex) {
    world.expectWarning(regex);
  }

  Reply treat(Seen request) throws InterruptedException {
    requests.add(request);
    return behaviour
        .treat(request, own)
        .with(Answer.VERSION, mesh.config().version())
        .with(Answer.HOST, host());
  }

  long remainingMillis() {
    long deadline = CallContext.deadlineNanos(Context.current());
    return deadline == Long.MAX_VALUE
        ? Long.MAX_VALUE
        : TimeUnit.NANOSECONDS.toMillis(deadline - mesh.clock().nanoTime());
  }

  /** Its name, as answers tell it. */
  public String host() {
    return mesh.instance();
  }

  /** Where its server listens. */
  public int port() {
    return port;
  }

  /** Serves on one more port, for callers of the service's port 81; returns it. */
  public int openPort() throws Exception {
    Serving other = starter.start(this, mesh);
    others.add(other);
    registration.close();
    registration =
        register(
            new ServicePort(protocol, "", 80, port),
            new ServicePort(protocol + "-more", "", 81, other.port()));
    return other.port();
  }

  /** Serves on one more port, which it registers nowhere; returns it. */
  public int openUnregisteredPort() throws Exception {
    Serving other = starter.start(this, mesh);
    others.add(other);
    world.settle();
    return other.port();
  }

  /** What it has seen, oldest first. */
  public List<Seen> requests() {
    return List.copyOf(requests);
  }

  /** Calls as this instance. */
  public Caller caller() {
    return own;
  }

  /** The newest request. */
  public Seen lastRequest() {
    return requests.get(requests.size() - 1);
  }

  /** Behaves differently from now on. */
  public void behave(Behaviour value) {
    behaviour = value;
  }

  /** Says that it is healthy or not; returns when the control server serves that. */
  public void health(Registration.Health health) throws InterruptedException {
    registration.health(health);
    world.awaitHealth(port, health);
  }

  /** Gets no new calls from now on, and finishes what it has. */
  public void drain() throws Exception {
    registration.drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    world.awaitHealth(port, Registration.Health.UNHEALTHY);
  }

  /** Leaves as a good process does: drains, lets requests finish, deregisters. */
  public void stop() throws Exception {
    stopped = true;
    registration.drain().toCompletableFuture().get(20, TimeUnit.SECONDS);
    serving.stop(5);
    registration.close();
    world.awaitGone(port);
  }

  /** Dies: its connections are cut and its port is closed, and it is registered still. */
  public void kill() {
    stopped = true;
    world.expectCutConnections();
    serving.kill();
  }

  /** What the world does in the end. */
  void end() {
    others.forEach(Serving::kill);
    if (!stopped) {
      serving.kill();
    }
  }
}
