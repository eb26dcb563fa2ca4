package io.inmesh;

import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.inmesh.balance.PickerRegistry;
import io.inmesh.call.Inbound;
import io.inmesh.call.Outbound;
import io.inmesh.call.RequestHead;
import io.inmesh.call.engine.Demand;
import io.inmesh.call.engine.EgressPolicy;
import io.inmesh.call.engine.EngineSettings;
import io.inmesh.call.engine.MeshEngine;
import io.inmesh.control.Clock;
import io.inmesh.control.HostResolver;
import io.inmesh.control.Randomness;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.filter.authz.ExternalFilterFactory;
import io.inmesh.filter.jwt.DiscoveringFetcher;
import io.inmesh.filter.jwt.HttpKeyFetcher;
import io.inmesh.filter.jwt.JwtFilterFactory;
import io.inmesh.identity.ControlServerTls;
import io.inmesh.identity.Credentials;
import io.inmesh.identity.FileIdentity;
import io.inmesh.identity.IdentitySource;
import io.inmesh.identity.JoinToken;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.model.CalledHost;
import io.inmesh.model.MeshSnapshot;
import io.inmesh.probe.NetworkProber;
import io.inmesh.telemetry.IdentityMetrics;
import io.inmesh.wire.ControlChannel;
import io.inmesh.wire.ControlCredentials;
import io.inmesh.wire.IdentityClient;
import io.inmesh.wire.JoinProof;
import io.inmesh.wire.RegistrationClient;
import io.inmesh.wire.TrustWatch;
import io.inmesh.wire.WorkloadApi;
import io.inmesh.wire.registration.v1.Instance;
import io.inmesh.xds.ConfigClient;
import io.inmesh.xds.ConfigDump;
import io.inmesh.xds.KeptConfiguration;
import io.inmesh.xds.KnownFilters;
import io.inmesh.xds.NodeIdentity;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A mesh with a control server: connection, configuration, engine and registrations together. */
final class RunningMesh implements Mesh {
  private static final System.Logger LOG = System.getLogger(Mesh.class.getName());
  private static final long DEREGISTER_SECONDS = 2;

  private final MeshConfig config;
  private final ThreadControlLoop loop;

  /** For what blocks and is rare; without threads while there is nothing to do. */
  private final ExecutorService blocking;

  private final ControlChannel channel;
  private final TlsMaterial tls = new TlsMaterial();
  private final @Nullable KeptConfiguration kept;
  private final @Nullable IdentitySource identity;
  private final @Nullable TrustWatch trust;
  private final IdentityMetrics identityMetrics;
  private final @Nullable Credentials credentials;
  private final ExternalAuthorizer authorizer;
  private final NetworkProber prober;
  private final MeshEngine engine;
  private final ConfigClient configuration;
  private final Map<Integer, Inbound> inbounds = new ConcurrentHashMap<>();
  private final List<CompletableFuture<Void>> dependencies = new ArrayList<>();
  private final List<MeshRegistration> registrations = new CopyOnWriteArrayList<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable ManagementPort management;

  static RunningMesh start(MeshConfig config) {
    RunningMesh mesh = new RunningMesh(config);
    mesh.fetchDependencies();
    mesh.manage();
    LOG.log(Level.INFO, "joining the mesh: {0}", config);
    return mesh;
  }

  private RunningMesh(MeshConfig config) {
    this.config = config;
    loop = new ThreadControlLoop("inmesh-control");
    blocking = Executors.newCachedThreadPool(RunningMesh::daemon);
    kept = kept(config);
    identity = config.insecure() ? null : identity(config);
    credentials = credentials(config);
    channel =
        ControlChannel.open(
            config.controlServer(),
            identity == null ? InsecureChannelCredentials.create() : credentials(identity),
            loop,
            Randomness.SYSTEM,
            identity == null ? CompletableFuture.completedFuture(null) : identity.ready());
    MeshEngine.Builder builder =
        MeshEngine.builder(settings(config))
            .loop(loop)
            .instance(config.instance())
            .pickers(new PickerRegistry(config.balancers()))
            .retryConditions(config.retryConditions())
            .utilization(config.utilization())
            .hashKeys(config.hashKeys())
            .demand(demand())
            .tls(tls)
            .telemetry(config.openTelemetry());
    prober = new NetworkProber(loop, tls, address -> snapshot().resolved(address));
    builder.prober(prober);
    config.filters().forEach(builder::filter);
    builder.filter(
        new JwtFilterFactory(
            loop,
            DiscoveringFetcher.whereNeeded(new HttpKeyFetcher(config.insecure(), blocking)),
            config.openTelemetry()));
    authorizer = new ExternalAuthorizer(new MeshClients(this), loop.clock());
    builder.filter(new ExternalFilterFactory(authorizer, config.openTelemetry()));
    engine = builder.build();
    configuration =
        ConfigClient.start(
            channel,
            node(config),
            new KnownFilters(extensions(config)),
            loop,
            Randomness.SYSTEM,
            config.hostResolver() == null ? HostResolver.system(blocking) : config.hostResolver(),
            config.insecure(),
            kept,
            engine::update);
    identityMetrics = new IdentityMetrics(config.openTelemetry(), tls);
    trust = identity instanceof IdentityClient issued ? watchTrust(issued) : null;
    if (identity != null && trust == null) {
      identity.start(
          () -> {
            identityMetrics.refreshed();
            channel.reconnect();
          });
    }
  }

  private ChannelCredentials credentials(IdentitySource source) {
    return source instanceof IdentityClient issued
        ? issued.credentials()
        : ControlCredentials.of(new ControlServerTls(tls, Set.of()));
  }

  /** The types of filters and balancers that configuration may name. */
  private Set<String> extensions(MeshConfig settings) {
    Set<String> types = new HashSet<>(engine.filterTypes());
    settings.balancers().keySet().forEach(name -> types.add("type.googleapis.com/" + name));
    return types;
  }

  private @Nullable Credentials credentials(MeshConfig settings) {
    Path directory = settings.credentialsDir();
    try {
      return directory == null ? null : new Credentials(directory, tls, loop, blocking);
    } catch (IllegalArgumentException e) {
      loop.close();
      throw e;
    }
  }

  private @Nullable KeptConfiguration kept(MeshConfig settings) {
    Path directory = settings.stateDir();
    try {
      return directory == null
          ? null
          : KeptConfiguration.in(directory, node(settings), loop, blocking);
    } catch (IllegalArgumentException e) {
      loop.close();
      throw e;
    }
  }

  /** From files, else from the control server, else from the SPIFFE Workload API. */
  private IdentitySource identity(MeshConfig settings) {
    try {
      if (settings.identityDir() != null) {
        return new FileIdentity(settings.identityDir(), tls, loop, blocking);
      }
      String workloadApi = settings.workloadApi();
      if (workloadApi != null && proof(settings) == null) {
        return new WorkloadApi(workloadApi, tls, loop, Randomness.SYSTEM);
      }
      return new IdentityClient(
          settings.controlServer(),
          proof(settings),
          settings.instance(),
          settings.stateDir(),
          tls,
          loop,
          Randomness.SYSTEM);
    } catch (IllegalArgumentException e) {
      loop.close();
      throw e;
    }
  }

  private static @Nullable JoinProof proof(MeshConfig settings) {
    String token = settings.token();
    if (token != null) {
      return JoinProof.of(JoinToken.parse("INMESH_TOKEN", token));
    }
    Path file = settings.tokenFile();
    if (file != null) {
      return joinToken(file, settings.stateDir());
    }
    Path kubernetes = settings.kubernetesTokenFile();
    Path oidc = settings.oidcTokenFile();
    if (kubernetes != null) {
      return JoinProof.kubernetes(kubernetes, settings.rootPins());
    }
    return oidc == null ? null : JoinProof.oidc(oidc, settings.rootPins());
  }

  /** Null: the file is gone, and the state directory may have what it was good for. */
  private static @Nullable JoinProof joinToken(Path file, @Nullable Path stateDir) {
    try {
      return JoinProof.of(JoinToken.parse("token-file " + file, Files.readString(file)));
    } catch (NoSuchFileException e) {
      if (stateDir != null) {
        return null;
      }
      throw new IllegalArgumentException("token-file " + file + ": cannot be read (no such file)");
    } catch (IOException e) {
      throw new IllegalArgumentException("token-file " + file + ": cannot be read (" + e + ")", e);
    }
  }

  private TrustWatch watchTrust(IdentityClient client) {
    TrustWatch watch = TrustWatch.start(channel, client, loop, Randomness.SYSTEM);
    client.start(
        () -> {
          identityMetrics.refreshed();
          channel.reconnect();
          watch.acknowledge();
        },
        channel::failed);
    return watch;
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "inmesh-blocking");
    thread.setDaemon(true);
    return thread;
  }

  private static EngineSettings settings(MeshConfig config) {
    return new EngineSettings(
        config.service(),
        config.namespace(),
        config.version(),
        config.domainSuffix(),
        config.meshHosts(),
        egress(config.outboundTrafficPolicy()),
        config.insecure(),
        config.readyTimeout());
  }

  private static @Nullable EgressPolicy egress(MeshConfig.@Nullable OutboundTrafficPolicy policy) {
    return policy == null
        ? null
        : switch (policy) {
          case REGISTRY_ONLY -> EgressPolicy.REGISTRY_ONLY;
          case ALLOW_ANY -> EgressPolicy.ALLOW_ANY;
        };
  }

  private static NodeIdentity node(MeshConfig config) {
    return new NodeIdentity(
        config.service() + "." + config.namespace() + "/" + config.instance(),
        config.service(),
        config.service() + "." + config.namespace() + "." + config.domainSuffix(),
        Map.of(
            "inmesh.version",
            LibraryVersion.VALUE,
            "NAMESPACE",
            config.namespace(),
            "LABELS",
            config.labels()),
        config.locality(),
        LibraryVersion.VALUE);
  }

  private Demand demand() {
    return new Demand() {
      @Override
      public void wanted(String listener) {
        configuration.want(listener);
      }

      @Override
      public void wanted(CalledHost host) {
        configuration.want(host);
      }
    };
  }

  private void manage() {
    String address = config.managementAddress();
    if (address != null) {
      try {
        management = ManagementPort.open(address, this);
      } catch (IllegalArgumentException e) {
        close();
        throw e;
      }
    }
  }

  /** Watches what the application says it depends on, for ever. */
  private void fetchDependencies() {
    for (String dependency : config.dependencies()) {
      boolean grpc = dependency.startsWith("grpc://");
      String authority =
          dependency.substring(dependency.indexOf("://") < 0 ? 0 : dependency.indexOf("://") + 3);
      CompletableFuture<Void> known = new CompletableFuture<>();
      dependencies.add(known);
      var unused =
          engine.watch(
              authority,
              grpc ? RequestHead.Kind.GRPC : RequestHead.Kind.HTTP,
              clusters -> known.complete(null));
    }
  }

  @Override
  public MeshSnapshot snapshot() {
    return engine.snapshot();
  }

  @Override
  public Outbound outbound() {
    return engine;
  }

  @Override
  public Inbound inbound(int port) {
    return inbounds.computeIfAbsent(
        port,
        added -> {
          configuration.serve(added);
          return engine.inbound(added);
        });
  }

  @Override
  public Clock clock() {
    return loop.clock();
  }

  @Override
  public String instance() {
    return config.instance();
  }

  @Override
  public MeshConfig config() {
    return config;
  }

  @Override
  public Registration register(ServicePort... ports) {
    if (ports.length == 0) {
      throw new IllegalArgumentException("an instance is registered with at least one port");
    }
    if (closed.get()) {
      throw new IllegalStateException("the mesh is closed");
    }
    Instance instance = RegisteredInstance.of(config, List.of(ports));
    MeshRegistration registration =
        new MeshRegistration(
            RegistrationClient.start(
                channel, instance, config.drainTimeout().toNanos(), loop, Randomness.SYSTEM),
            config.instance());
    registrations.add(registration);
    return registration;
  }

  @Override
  public CompletionStage<Void> whenReady(Duration timeout) {
    List<CompletableFuture<?>> parts = new ArrayList<>(dependencies);
    CompletableFuture<?> connected = channel.whenConnected().toCompletableFuture();
    parts.add(kept == null ? connected : CompletableFuture.anyOf(connected, kept.whenInForce()));
    parts.add(
        configuration
            .whenResolved(List.of(), List.copyOf(inbounds.keySet()))
            .toCompletableFuture());
    CompletableFuture<Void> ready = new CompletableFuture<>();
    var unused =
        CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
            .whenComplete((done, failure) -> ready.complete(null));
    var timer =
        loop.schedule(
            timeout.toNanos(),
            () ->
                ready.completeExceptionally(
                    new MeshException(MeshException.Reason.NOT_READY, unreadiness(timeout))));
    return ready.whenComplete((done, failure) -> timer.cancel());
  }

  private String unreadiness(Duration timeout) {
    String problem = channel.problem();
    return "not ready within "
        + timeout.toMillis()
        + " ms: "
        + (problem != null
            ? problem
            : "the control server at '"
                + config.controlServer()
                + "' has not answered for "
                + (channel.connected() ? "everything that was asked" : "this process yet"));
  }

  /** Whether the connection to the control server stands. */
  boolean connected() {
    return channel.connected();
  }

  @Override
  public CompletionStage<ConfigDump> dump() {
    return configuration.dump();
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    for (MeshRegistration registration : registrations) {
      ends.add(registration.client().deregister());
    }
    try {
      CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new))
          .get(DEREGISTER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.log(Level.DEBUG, "the control server did not confirm the deregistration", e);
    }
    blocking.execute(authorizer::close);
    ManagementPort probes = management;
    if (probes != null) {
      probes.close();
    }
    configuration.close();
    identityMetrics.close();
    loop.execute(
        () -> {
          prober.close();
          if (identity != null) {
            identity.close();
          }
          if (credentials != null) {
            credentials.close();
          }
          if (trust != null) {
            trust.close();
          }
          channel.close();
          loop.close();
          blocking.shutdownNow();
        });
  }
}
