package io.inmesh.server;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.server.admin.AdminServer;
import io.inmesh.server.admin.AdminSource;
import io.inmesh.server.ads.AdsService;
import io.inmesh.server.ads.ClientRegistry;
import io.inmesh.server.ads.ResourceStore;
import io.inmesh.server.ads.StreamAdmission;
import io.inmesh.server.ads.TypeUrl;
import io.inmesh.server.ca.CaException;
import io.inmesh.server.ca.MeshCa;
import io.inmesh.server.compile.View;
import io.inmesh.server.compile.ViewSelector;
import io.inmesh.server.config.ConfigSet;
import io.inmesh.server.config.Finding;
import io.inmesh.server.config.MeshDefaultsSpec;
import io.inmesh.server.registry.RegistrationPolicy;
import io.inmesh.server.registry.Registry;
import io.inmesh.server.registry.RegistryService;
import io.inmesh.server.registry.RegistrySnapshot;
import io.inmesh.server.registry.RegistryStateException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A running control server: reads configuration, keeps the registry, serves xDS. {@link #start}
 * returns when it is ready to answer. Thread-safe.
 *
 * <pre>{@code
 * try (ControlServer server = ControlServer.start(ControlServerOptions.loopback(directory))) {
 *   connectTo(server.xdsAddress());
 * }
 * }</pre>
 */
public final class ControlServer implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(ControlServer.class.getName());

  private final Telemetry telemetry = new Telemetry();
  private final AdminServer admin;
  private final ConfigFeed config;
  private final Registry registry;
  private final ResourceStore store;
  private final ThreadControlLoop modelLoop;
  private final MeshModel model;
  private final ThreadControlLoop adsLoop;
  private final AdsService ads;
  private final GrpcPort grpc;
  private final @Nullable MeshCa ca;
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private final AtomicBoolean closing = new AtomicBoolean();
  private final CountDownLatch terminated = new CountDownLatch(1);
  private volatile String notReadyBecause = "starting";

  private ControlServer(ControlServerOptions options) throws ControlServerException {
    boolean complete = false;
    started.push(telemetry);
    try {
      admin = bindAdmin(options.admin());
      started.push(admin);
      probeXds(options.xds());
      registry = openRegistry(options); // takes the lock of the state directory
      started.push(registry);
      config = ConfigFeed.open(options);
      started.push(config);
      modelLoop = new ThreadControlLoop("inmesh-model");
      started.push(modelLoop);
      ca = options.insecure() ? null : openCa(options);
      if (ca != null) {
        MeshCa authority = ca;
        started.push(authority);
        config.listen(set -> authority.federate(set.meshDefaults().federation()));
      }
      store = new ResourceStore(modelLoop.clock());
      model =
          new MeshModel(
              modelLoop, store, this::clients, this::findings, ca != null, telemetry.meter());
      adsLoop = new ThreadControlLoop("inmesh-ads");
      started.push(adsLoop);
      Bindings bindings = new Bindings(registry, config::set);
      ads =
          AdsService.builder(store, adsLoop)
              .admission(ca == null ? StreamAdmission.ALL : bindings)
              .views(this::views)
              .absence(new NearbyNames(() -> store.names(TypeUrl.LISTENER)))
              .meter(telemetry.meter())
              .identifier("inmesh")
              .build();
      started.push(ads);
      startModel();
      if (ca != null) {
        bindings.review(); // what was stored may have been registered under others
        config.listen(
            set -> {
              if (bindings.configChanged()) {
                ads.review();
              }
            });
      }
      RegistryService registration =
          new RegistryService(registry, model, ca == null ? RegistrationPolicy.OPEN : bindings);
      grpc = startGrpc(options.xds(), registration);
      admin.start(new Source());
      notReadyBecause = "";
      complete = true;
    } finally {
      if (!complete) {
        closeStarted();
      }
    }
  }

  /**
   * Starts a server; on return it answers.
   *
   * @throws ControlServerException if it cannot, with everything it had started stopped again
   */
  public static ControlServer start(ControlServerOptions options) throws ControlServerException {
    requireSafe(options);
    return new ControlServer(options);
  }

  private List<String> views(Node node) {
    model.introduce(ViewSelector.workload(node));
    return ViewSelector.views(node).stream().map(View::toString).toList();
  }

  private static void requireSafe(ControlServerOptions options) throws ControlServerException {
    if (options.insecure()) {
      requireLoopback("--xds", options.xds());
      requireLoopback("--admin", options.admin());
    }
  }

  private static void requireLoopback(String option, InetSocketAddress address)
      throws ControlServerException {
    if (!address.getAddress().isLoopbackAddress()) {
      throw ControlServerException.usage(
          option
              + " "
              + text(address)
              + ": with --insecure anyone who can connect is believed, so only loopback addresses"
              + " are served, such as 127.0.0.1:"
              + address.getPort());
    }
  }

  private static AdminServer bindAdmin(InetSocketAddress address) throws ControlServerException {
    try {
      return AdminServer.bind(address);
    } catch (IOException e) {
      throw inUse("--admin", address, e);
    }
  }

  private static void probeXds(InetSocketAddress address) throws ControlServerException {
    try {
      GrpcPort.probe(address);
    } catch (IOException e) {
      throw inUse("--xds", address, e);
    }
  }

  private GrpcPort startGrpc(InetSocketAddress address, RegistryService registration)
      throws ControlServerException {
    try {
      return GrpcPort.start(address, ads, registration, ca);
    } catch (IOException e) {
      throw inUse("--xds", address, e);
    }
  }

  private static ControlServerException inUse(
      String option, InetSocketAddress address, IOException e) {
    return ControlServerException.failed(
        option
            + " "
            + text(address)
            + ": cannot listen there ("
            + e.getMessage()
            + "); another process may be using the port, choose another with "
            + option,
        e);
  }

  private MeshCa openCa(ControlServerOptions options) throws ControlServerException {
    try {
      return MeshCa.open(
          options.ca().withTrustDomain(config.set().meshDefaults().trustDomain()),
          new MeshCa.Proofs(
              () -> config.set().meshDefaults().attestation(),
              options.kubernetes(),
              options.xds().getAddress().isLoopbackAddress()),
          options.state(),
          telemetry.meter());
    } catch (CaException e) {
      throw ControlServerException.failed("certificate authority: " + e.getMessage(), e);
    }
  }

  private Registry openRegistry(ControlServerOptions options) throws ControlServerException {
    try {
      Registry opened =
          Registry.open(
              options.registry().withStateDir(options.state().orElse(null)),
              new ThreadControlLoop("inmesh-registry"),
              telemetry.meter());
      return opened;
    } catch (RegistryStateException e) {
      throw ControlServerException.failed(String.valueOf(e.getMessage()), e);
    }
  }

  private void startModel() throws ControlServerException {
    applyTerms(config.set());
    try {
      model.start(config.set(), registry.snapshot()).get(60, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw ControlServerException.failed("cannot compile the configuration: " + e, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw ControlServerException.failed("interrupted", e);
    }
    registry.listen(model::registryChanged);
    if (ca != null) {
      Outcasts outcasts = new Outcasts(registry, ca.authority()::trust);
      registry.listen(outcasts::registryChanged);
      ca.authority().listen(outcasts::trustChanged);
    }
    config.listen(
        set -> {
          applyTerms(set);
          model.configChanged(set);
        });
  }

  private void applyTerms(ConfigSet set) {
    // Terms given in the options stand until the configuration says otherwise.
    if (!set.meshDefaults().equals(MeshDefaultsSpec.DEFAULTS)) {
      registry.terms(ConfigFeed.terms(set));
    }
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** Where xDS and registration are served. */
  public InetSocketAddress xdsAddress() {
    return grpc.address();
  }

  /** Where the admin pages are served. */
  public InetSocketAddress adminAddress() {
    return admin.address();
  }

  /** The certificate authority; null if the server is insecure. */
  public @Nullable MeshCa ca() {
    return ca;
  }

  /** The registered instances now. */
  public RegistrySnapshot registrations() {
    return registry.snapshot();
  }

  /** The clients connected now. */
  public ClientRegistry clients() {
    return ads.clients();
  }

  /** The resources being served. */
  public ResourceStore resources() {
    return store;
  }

  /** How many resources are served, by name. */
  public int resourceCount() {
    int count = 0;
    for (String type :
        List.of(TypeUrl.LISTENER, TypeUrl.ROUTES, TypeUrl.CLUSTER, TypeUrl.ENDPOINTS)) {
      count += store.names(type).size();
    }
    return count;
  }

  /** What the operator should know, what is in the configuration by file and position. */
  public List<Finding> findings() {
    List<Finding> all = new ArrayList<>(config.findings());
    all.addAll(model.findings());
    if (ca != null) {
      all.addAll(ca.findings());
    }
    all.sort(Finding.ORDER);
    return List.copyOf(all);
  }

  /** Waits until the server is closed. */
  public void awaitTermination() throws InterruptedException {
    terminated.await();
  }

  /**
   * Stops in good order: not ready, then clients sent away spread over a time, then the rest.
   * Registered instances stay in the state directory.
   */
  @Override
  public void close() {
    if (closing.compareAndSet(false, true)) {
      notReadyBecause = "stopping";
      grpc.drain();
      closeStarted();
      terminated.countDown();
    }
  }

  /** Stops as a crash would for those outside: connections are cut, nobody is told. */
  public void abort() {
    if (closing.compareAndSet(false, true)) {
      grpc.stopNow();
      closeStarted();
      terminated.countDown();
    }
  }

  private void closeStarted() {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        LOG.log(Level.WARNING, "something did not stop cleanly", e);
      }
    }
  }

  private final class Source implements AdminSource {
    @Override
    public String notReadyBecause() {
      return notReadyBecause;
    }

    @Override
    public @Nullable MeshCa ca() {
      return ca;
    }

    @Override
    public String metrics() {
      return telemetry.scrape();
    }

    @Override
    public Registry registry() {
      return registry;
    }

    @Override
    public ResourceStore store() {
      return store;
    }

    @Override
    public ClientRegistry clients() {
      return ads.clients();
    }

    @Override
    public ConfigSet config() {
      return config.set();
    }

    @Override
    public List<Finding> findings() {
      return ControlServer.this.findings();
    }
  }
}
