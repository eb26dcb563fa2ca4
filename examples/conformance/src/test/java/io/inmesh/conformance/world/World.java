package io.inmesh.conformance.world;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor.MethodType;
import io.inmesh.Mesh;
import io.inmesh.MeshConfig;
import io.inmesh.Registration;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.server.ControlServer;
import io.inmesh.server.ControlServerOptions;
import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.ca.RootKey;
import io.inmesh.server.config.Finding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A mesh for one case: a control server on a directory of YAML, instances with real servers, and
 * callers, over real sockets in this JVM. Nothing is shared between cases.
 *
 * <p>What changes ({@link #config}, {@link #serve}, {@link Instance#stop}, …) has reached every
 * process when the method returns, so that cases need not wait. In the end nothing may be in
 * flight, and nothing may have been logged as a warning that the case did not {@link
 * #expectWarning}. Confined to the thread of the case, but for callers.
 */
public final class World {
  /** Ends what hangs; a connection that failed is begun anew after twelve seconds. */
  private static final long DEADLINE_MILLIS = 25_000;

  /** Tests need not gather changes. */
  private static final String QUICK =
      """
      apiVersion: inmesh.io/v1alpha1
      kind: MeshDefaults
      metadata: {name: quick}
      spec:
        configDebounce: {quiet: 5ms, cap: 50ms}
        endpointDebounce: {quiet: 2ms, cap: 20ms}
      """;

  private final Transport transport;
  private final Style style;
  private final Warnings warnings = new Warnings();
  private final List<Instance> instances = new ArrayList<>();
  private final List<Caller> callers = new CopyOnWriteArrayList<>();
  private final List<Relay> relays = new ArrayList<>();
  private final Path directory;
  private int generation;
  private ControlServerOptions options;
  private @Nullable ControlServer control;

  World(Transport transport, Style style) {
    this.transport = transport;
    this.style = style;
    try {
      directory = Files.createTempDirectory("inmesh-world");
      options =
          ControlServerOptions.loopback(Files.createDirectory(directory.resolve("config")))
              .withState(Files.createDirectory(directory.resolve("state")))
              .withInsecure(!transport.secured());
      write("defaults.yaml", QUICK);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What this world's calls travel over. */
  public Transport transport() {
    return transport;
  }

  /** How this world's applications wait. */
  public Style style() {
    return style;
  }

  // --- what happens in it

  /**
   * Replaces the configuration by these YAML documents.
   *
   * @throws AssertionError if there is an error in them
   */
  public World config(String... documents) throws InterruptedException {
    List<String> errors =
        tryConfig(documents).stream().filter(Finding::isError).map(Finding::toString).toList();
    if (!errors.isEmpty()) {
      throw new AssertionError("the configuration has errors: " + errors);
    }
    return this;
  }

  /** Replaces the configuration by these YAML documents; returns what is wrong with them. */
  public List<Finding> tryConfig(String... documents) throws InterruptedException {
    String yaml = Yaml.join(documents);
    if (yaml.contains("kind: MeshDefaults")) {
      remove("defaults.yaml");
    }
    write("mesh.yaml", yaml);
    // Written after the other and, by its name, read before it: where it is served the other is.
    String marker = "marker-" + ++generation;
    write("aa-marker.yaml", Yaml.versions(marker));
    ControlServer server = control();
    until("the control server reads the configuration", () -> Served.hasService(server, marker));
    settle();
    return server.findings();
  }

  /** Starts an instance of a service, which answers on port 80. */
  public Instance serve(String service, Behaviour behaviour, Trait... traits) throws Exception {
    return serve(service, behaviour, transport.protocol(), starter(transport), traits);
  }

  /** The same with a service of gRPC's own beside those that the behaviour is for. */
  public Instance serveBeside(BindableService beside, String service, Behaviour behaviour)
      throws Exception {
    return serve(
        service,
        behaviour,
        transport.protocol(),
        (instance, mesh) -> new GrpcServing(instance, mesh, transport.method(), beside));
  }

  /** The same, for callers over another transport than this world's. */
  public Instance serve(Transport over, String service, Behaviour behaviour) throws Exception {
    return serve(service, behaviour, over.protocol(), starter(over));
  }

  private Serving.Starter starter(Transport over) {
    if (over.spring()) {
      return (instance, mesh) -> new SpringServing(instance, mesh, style);
    }
    return over.grpc()
        ? (instance, mesh) -> new GrpcServing(instance, mesh, over.method())
        : HttpServing::new;
  }

  /** The same, for callers over gRPC and over HTTP/2 at once. */
  public Instance serveEveryClient(String service, Behaviour behaviour, Trait... traits)
      throws Exception {
    return serve(
        service, behaviour, "grpc", (instance, mesh) -> new Http2Serving(instance), traits);
  }

  private Instance serve(
      String service,
      Behaviour behaviour,
      String protocol,
      Serving.Starter starter,
      Trait... traits)
      throws Exception {
    int number = instances.size() + 1;
    Mesh mesh = join("default", service, service + "-" + number, traits);
    Instance instance = new Instance(this, mesh, behaviour, protocol, starter);
    instances.add(instance);
    until(
        "the control server serves " + instance.host(),
        () -> Served.endpoint(control(), instance.port()).isPresent());
    settle();
    return instance;
  }

  /** Starts the instance of a service that fails in one way, once. */
  public FaultyServer serveFaulty(FaultyServer.Fault fault) throws Exception {
    FaultyServer server =
        transport == Transport.HTTP1
            ? new FaultyHttp1(fault)
            : new FaultyHttp2(fault, transport.grpc());
    Instance unused =
        serve(fault.service(), Behaviour.ok(), transport.protocol(), (instance, mesh) -> server);
    return server;
  }

  /** Starts an instance that others reach only through a relay, at another address. */
  public Relay serveThroughRelay(String service, Behaviour behaviour) throws Exception {
    Instance instance =
        serve(service, behaviour, config -> config.address(Relay.ADDRESS.getHostAddress()));
    Relay relay = new Relay(instance.port());
    relays.add(relay);
    return relay;
  }

  /** Starts a process that only calls. */
  public Caller client(String service, Trait... traits) {
    return clientIn("default", service, traits);
  }

  /** Starts a process of another namespace that only calls. */
  public Caller clientIn(String namespace, String service, Trait... traits) {
    return caller(join(namespace, service, service + "-caller-" + callers.size(), traits));
  }

  /**
   * Processes of one service, each of which calls in another way: {@code http}, {@code mesh:///},
   * and {@code xds:///}, which is stock gRPC with its own xDS client and balancers.
   */
  public Map<String, Caller> everyClient(String service, Trait... traits) {
    Map<String, Caller> clients = new TreeMap<>();
    Map<String, Function<Mesh, Wire>> wires =
        Map.of(
            "http", HttpWire::new,
            "mesh:///", mesh -> new GrpcWire(mesh, MethodType.UNARY),
            "xds:///", mesh -> new GrpcWire(new StockChannels(mesh.config()), MethodType.UNARY));
    wires.forEach(
        (name, wire) -> {
          Mesh mesh = join("default", service, service + "-caller-" + callers.size(), traits);
          Caller caller = new Caller(this, mesh, wire.apply(mesh));
          callers.add(caller);
          clients.put(name, caller);
        });
    return clients;
  }

  /** A process joins; here is what secured transports do differently. */
  private Mesh join(String namespace, String service, String instance, Trait... traits) {
    MeshConfig.Builder config =
        MeshConfig.builder()
            .controlServer("127.0.0.1:" + control().xdsAddress().getPort())
            .service(service)
            .namespace(namespace)
            .instance(instance)
            .version("v1")
            .insecure(!transport.secured());
    if (transport.secured()) {
      config = config.token(token(namespace, service));
    }
    for (Trait trait : traits) {
      config = trait.on(config);
    }
    return config.start();
  }

  private String token(String namespace, String service) {
    try {
      return ca().joinToken(namespace, service, 1, Duration.ofMinutes(5));
    } catch (CaException e) {
      throw new AssertionError(e);
    }
  }

  /** The root's key is kept, so that what signs can be renewed; to be said before anything else. */
  public World keepRootKey() throws CaException {
    RootKey.setUp(options.ca(), options.state().orElseThrow(), rootKey(), "correct horse");
    return this;
  }

  private Path rootKey() {
    return directory.resolve("root-key.pem");
  }

  /** The intermediate is replaced, signed by the root's key from where it is kept. */
  public void renewIntermediate() throws CaException {
    RootKey key = RootKey.read(rootKey(), Optional.of("correct horse"));
    ca().rotation().renew(key.certify(ca().rotation().request()));
  }

  /** The certificate authority of a secured world. */
  public MeshCa ca() {
    return Objects.requireNonNull(control().ca());
  }

  /** Certificates live this long; to be said before anything else. */
  public World leafTtl(Duration ttl) {
    options = options.withCa(options.ca().withLeafTtl(ttl));
    return this;
  }

  /** An instance that calls over another transport than this world's. */
  public Caller caller(Instance instance, Transport over) {
    return caller(instance.caller().mesh(), over);
  }

  Caller caller(Mesh mesh) {
    return caller(mesh, transport);
  }

  private Caller caller(Mesh mesh, Transport over) {
    Caller caller = new Caller(this, mesh, wire(mesh, over));
    callers.add(caller);
    return caller;
  }

  private static Wire wire(Mesh mesh, Transport over) {
    if (over.spring()) {
      return new SpringWire(mesh);
    }
    return over.grpc() ? new GrpcWire(mesh, over.method()) : new HttpWire(mesh);
  }

  /** Lets warnings that match pass. */
  public World expectWarning(String regex) {
    warnings.expect(regex);
    return this;
  }

  /** A connection that arrives as its server dies makes Netty complain. */
  void expectCutConnections() {
    expectWarning("ChannelInitializer: Failed to initialize a channel");
  }

  /** The control server; started when it is first asked for. */
  public ControlServer control() {
    ControlServer running = control;
    if (running == null) {
      try {
        running = ControlServer.start(options);
      } catch (Exception e) {
        throw new AssertionError("the control server does not start", e);
      }
      options = options.withXdsPort(running.xdsAddress().getPort());
      control = running;
    }
    return running;
  }

  /** The control server crashes; that processes warn of it is expected. */
  public void killControlServer() {
    if (transport.secured()) {
      callers.forEach(Caller::identity); // a token that was used up for nothing admits nobody
    }
    expectWarning("io.inmesh.wire.ControlChannel");
    expectCutConnections();
    control().abort();
    control = null;
  }

  /** The control server is back, at the same address; returns when all processes are connected. */
  public void restartControlServer() throws InterruptedException {
    ControlServer server = control();
    until("all processes are back", () -> server.clients().size() == callers.size());
    settle();
  }

  // --- waiting

  /** What may be waited for. */
  @FunctionalInterface
  public interface Condition {
    /** Whether it holds now. */
    boolean holds() throws Exception;
  }

  /** Polls until something holds. */
  public void until(String what, Condition condition) throws InterruptedException {
    long end = System.nanoTime() + DEADLINE_MILLIS * 1_000_000;
    while (!holds(condition)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + DEADLINE_MILLIS + " ms: " + what);
      }
      Thread.sleep(2);
    }
  }

  private static boolean holds(Condition condition) throws InterruptedException {
    try {
      return condition.holds();
    } catch (RuntimeException | InterruptedException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Waits until every process works by what the control server serves. What a process has not asked
   * for yet, as it has not called it, it does not know.
   */
  public void settle() throws InterruptedException {
    Served.settle(control(), callers.stream().map(Caller::mesh).toList());
  }

  void awaitHealth(int port, Registration.Health health) throws InterruptedException {
    until(
        "endpoint " + port + " is " + health,
        () -> Served.endpoint(control(), port).filter(each -> Served.is(each, health)).isPresent());
    settle();
  }

  void awaitGone(int port) throws InterruptedException {
    until("endpoint " + port + " is gone", () -> Served.endpoint(control(), port).isEmpty());
    settle();
  }

  private void remove(String name) {
    try {
      Files.deleteIfExists(options.config().orElseThrow().resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(String name, String yaml) {
    Path config = options.config().orElseThrow();
    try {
      Path hidden = Files.writeString(config.resolve("." + name), yaml);
      Files.move(
          hidden,
          config.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  // --- the end

  /** Ends everything, then says what was left behind. */
  void end(boolean failed) {
    List<Throwable> problems = new ArrayList<>();
    if (!failed) {
      attempt(problems, this::requireIdle);
    }
    instances.forEach(instance -> attempt(problems, instance::end));
    callers.forEach(caller -> attempt(problems, caller.wire()::close));
    callers.forEach(caller -> attempt(problems, caller.mesh()::close));
    relays.forEach(relay -> attempt(problems, relay::close));
    if (control != null) {
      attempt(problems, control::abort);
    }
    warnings.close();
    List<String> unexpected = warnings.unexpected();
    if (!unexpected.isEmpty()) {
      problems.add(new AssertionError("unexpected warnings: " + String.join("\n", unexpected)));
    }
    delete(directory);
    if (!problems.isEmpty()) {
      AssertionError error = new AssertionError("left behind: " + problems.get(0).getMessage());
      problems.forEach(error::addSuppressed);
      throw error;
    }
  }

  private void requireIdle() throws InterruptedException {
    for (Caller caller : callers) {
      MeshEngine engine = (MeshEngine) caller.mesh().outbound();
      until("no call of " + caller.mesh().instance() + " is in flight", engine::idle);
    }
  }

  private interface Step {
    void run() throws Exception;
  }

  private static void attempt(List<Throwable> problems, Step step) {
    try {
      step.run();
    } catch (Exception | AssertionError e) {
      problems.add(e);
    }
  }

  private static void delete(Path directory) {
    try (var files = Files.walk(directory)) {
      files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      // It is the system's directory for what may be lost.
    }
  }
}
