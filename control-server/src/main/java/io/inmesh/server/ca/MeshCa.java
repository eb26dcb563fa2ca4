package io.inmesh.server.ca;

import io.grpc.BindableService;
import io.grpc.ServerCredentials;
import io.grpc.ServerInterceptor;
import io.grpc.TlsServerCredentials;
import io.inmesh.control.Cancellable;
import io.inmesh.control.StrangerLimit;
import io.inmesh.control.ThreadControlLoop;
import io.inmesh.filter.jwt.HttpKeyFetcher;
import io.inmesh.identity.ControlServerTls;
import io.inmesh.identity.RotatingTls;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.Svid;
import io.inmesh.identity.TlsGeneration;
import io.inmesh.identity.TlsMaterial;
import io.inmesh.identity.TrustBundle;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.server.config.AttestationSpec;
import io.inmesh.server.config.FederationSpec;
import io.inmesh.server.config.Finding;
import io.inmesh.wire.SecuredConnections;
import io.inmesh.wire.identity.v1.IdentityGrpc;
import io.opentelemetry.api.metrics.Meter;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/**
 * The identity side of a control server: authority, tokens, services, and the server's own
 * certificate, which it renews itself on a loop of its own. Thread-safe.
 */
public final class MeshCa implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(MeshCa.class.getName());
  private static final int WAITING = 20_000;
  private static final Duration OWN_TTL = Duration.ofHours(24);
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final Set<String> OPEN =
      Set.of(IdentityGrpc.getAttestMethod().getFullMethodName());

  private final CertificateAuthority authority;
  private final JoinTokens tokens;
  private final AuditLog audit;
  private final AdminSecrets adminSecrets;
  private final Rotation rotation;
  private final SigningQueue queue =
      new SigningQueue(Math.max(1, Runtime.getRuntime().availableProcessors() / 2), WAITING);
  private final List<BindableService> services;

  /** Of one address, connected without a certificate or not through with the handshake. */
  private static final int STRANGERS = 1024;

  /** What browsers and scrapers on this host compare; others tell theirs which name to expect. */
  private static final List<GeneralName> LOCAL_NAMES =
      List.of(
          new GeneralName(GeneralName.dNSName, "localhost"),
          new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
          new GeneralName(GeneralName.iPAddress, "::1"));

  private final TlsMaterial own = new TlsMaterial();
  private final TlsMaterial named = new TlsMaterial();
  private final Optional<Path> state;
  private boolean untold;
  private final ThreadControlLoop loop = new ThreadControlLoop("inmesh-ca");
  private final ExecutorService blocking = Executors.newCachedThreadPool(MeshCa::daemon);
  private final @Nullable PluggedInFiles pluggedIn;
  private Cancellable renewal = Cancellable.NONE;
  private Cancellable telling = Cancellable.NONE;

  private MeshCa(CaOptions options, Proofs proofs, Optional<Path> state, Meter meter)
      throws CaException {
    InstantSource clock = options.clock();
    this.state = state;
    authority = CertificateAuthority.open(options, state, clock);
    tokens = new JoinTokens(state, clock);
    audit = new AuditLog(state, clock);
    adminSecrets = AdminSecrets.open(state);
    CaMetrics metrics = new CaMetrics(meter, authority);
    Acknowledgements acknowledgements = new Acknowledgements(clock, options.patience());
    acknowledgements.trustChanged(authority.trust());
    authority.listen(acknowledgements::trustChanged); // before anybody is told
    rotation = new Rotation(authority, acknowledgements, audit);
    pluggedIn =
        options
            .pluggedIn()
            .map(
                directory ->
                    new PluggedInFiles(
                        directory, options.passphrase(), authority, acknowledgements, audit, clock))
            .orElse(null);
    services =
        List.of(
            new IdentityService(
                authority, tokens, attestation(proofs), queue, audit, metrics, acknowledgements),
            new IstioCertificates(authority, queue, audit, metrics));
    renew();
    tellRoots();
    authority.listen(
        trust -> {
          prove(Objects.requireNonNull(own.svid())); // a ban counts for the very next call
          tellRoots(); // before anybody is shown a certificate under another one
          loop.execute(this::renewLogged);
        });
    look();
  }

  /**
   * How tokens of others are judged.
   *
   * @param accepted which tokens are; may change at any time
   * @param api the API server that reviews those of Kubernetes
   * @param loopback whether issuers may be on this host itself, for development
   */
  public record Proofs(Supplier<AttestationSpec> accepted, KubernetesApi api, boolean loopback) {}

  /**
   * Opens the authority of a state directory.
   *
   * @param state empty: everything ends with the process
   */
  public static MeshCa open(CaOptions options, Proofs proofs, Optional<Path> state, Meter meter)
      throws CaException {
    return new MeshCa(options, proofs, state, meter);
  }

  private Attestation attestation(Proofs proofs) {
    HttpKeyFetcher http = new HttpKeyFetcher(proofs.loopback(), blocking);
    String trustDomain = authority.trustDomain();
    return new Attestation(
        new KubernetesTokens(proofs.api(), proofs.accepted(), trustDomain),
        new OidcTokens(proofs.accepted(), trustDomain, http, loop));
  }

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "inmesh-ca-blocking");
    thread.setDaemon(true);
    return thread;
  }

  private void look() {
    if (pluggedIn != null) {
      pluggedIn.look();
      Cancellable unused = loop.schedule(LOOK_NANOS, this::look);
    }
  }

  private void renewLogged() {
    try {
      renew();
    } catch (CaException e) {
      LOG.log(Level.ERROR, "the control server''s own certificate: {0}", e.getMessage());
      renewal.cancel();
      renewal = loop.schedule(TimeUnit.SECONDS.toNanos(10), this::renewLogged);
    }
  }

  /** What the operator should know: what is about to end or not accepted. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>(authority.endings());
    if (pluggedIn != null) {
      pluggedIn.refused().ifPresent(findings::add);
    }
    return findings;
  }

  private void renew() throws CaException {
    findings().forEach(finding -> LOG.log(Level.WARNING, finding::toString));
    KeyPair keys = Certificates.keys();
    Svid nameless = certified(keys, List.of());
    prove(nameless);
    named.update(withLocalNames(keys, nameless), TrustBundle.NONE);
    renewal.cancel();
    Instant end = Objects.requireNonNull(own.svid()).leaf().getNotAfter().toInstant();
    long left = Duration.between(Instant.now(), end).toNanos();
    renewal = loop.schedule(left / 2, this::renewLogged);
  }

  /** Not where the authority may not certify them: nobody would believe the whole certificate. */
  private Svid withLocalNames(KeyPair keys, Svid nameless) throws CaException {
    Svid complete = certified(keys, LOCAL_NAMES);
    String refusal = refusal(complete);
    if (refusal == null || refusal(nameless) != null) {
      return complete;
    }
    LOG.log(
        Level.WARNING,
        "the authority must not certify localhost, 127.0.0.1 and ::1 ({0}): the admin port''s"
            + " certificate goes without; commands know it by its identity, browsers and scrapers"
            + " that compare host names do not",
        refusal);
    return nameless;
  }

  /** Why nobody would believe it; null: everybody does. */
  private @Nullable String refusal(Svid svid) {
    try {
      Objects.requireNonNull(tls())
          .trust()
          .checkServerTrusted(svid.chain().toArray(X509Certificate[]::new), "UNKNOWN");
      return null;
    } catch (CertificateException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private Svid certified(KeyPair keys, List<GeneralName> names) throws CaException {
    SpiffeId id = ControlServerTls.identity(authority.trustDomain());
    Issued issued = authority.issue(id, keys.getPublic(), OWN_TTL, names);
    List<X509Certificate> chain = new ArrayList<>(issued.chain());
    chain.add(issued.root()); // those who only know its pin have to see it
    return new Svid(id, chain, keys.getPrivate());
  }

  /** Whoever cannot be told has the old roots, which is no reason to stop: again until it works. */
  private synchronized void tellRoots() {
    telling.cancel();
    try {
      if (state.isPresent()) {
        AdminRoots.write(state.get(), authority.roots());
      }
      untold = false;
    } catch (CaException e) {
      if (!untold) {
        LOG.log(
            Level.ERROR,
            "what the admin port is known by: {0}; tried again until it works",
            e.getMessage());
      }
      untold = true;
      telling = loop.schedule(LOOK_NANOS, this::tellRoots);
    }
  }

  /** Shows this certificate, and believes what is in force by now. */
  private synchronized void prove(Svid svid) {
    own.update(svid, ownBundle());
  }

  /** Only the own trust domain: whoever is of another is no process of this mesh. */
  private TrustBundle ownBundle() {
    TrustBundle all = authority.trust().bundle();
    return new TrustBundle(
        Map.of(
            authority.trustDomain(), all.roots().getOrDefault(authority.trustDomain(), Set.of())),
        all.banned());
  }

  /** Takes over which other trust domains clients believe. */
  public void federate(FederationSpec federation) {
    try {
      authority.federate(Federation.of(federation));
    } catch (CaException e) {
      LOG.log(Level.ERROR, "trust in other domains stays as it was: {0}", e.getMessage());
    }
  }

  private @Nullable TlsGeneration tls() {
    return own.server(ServerTlsPolicy.STRICT).generation();
  }

  /**
   * How to serve with the server's own certificate; client certificates are optional. Connections
   * end with the certificates they were made with, or when the client is not believed any more.
   */
  public ServerCredentials credentials() {
    RotatingTls tls = RotatingTls.of(this::tls);
    SecuredConnections connections =
        new SecuredConnections(tls::standing, new StrangerLimit(STRANGERS));
    var unused = own.watch(connections::judge); // for as long as there is something to show
    return connections.watch(
        TlsServerCredentials.newBuilder()
            .keyManager(tls.keys())
            .trustManager(tls.trust())
            .clientAuth(TlsServerCredentials.ClientAuth.OPTIONAL)
            .build());
  }

  /**
   * How to serve people and their tools, who show no certificate and may go by host names: with a
   * certificate of the same identity that has those of this host, too.
   */
  public SSLContext adminTls() {
    try {
      SSLContext tls = SSLContext.getInstance("TLS");
      RotatingTls newest = RotatingTls.of(() -> named.server(ServerTlsPolicy.STRICT).generation());
      tls.init(new KeyManager[] {newest.keys()}, null, null);
      return tls;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no TLS", e);
    }
  }

  /** Knows the caller of each call, and refuses those without identity but to attest. */
  public ServerInterceptor callers() {
    return Caller.interceptor(this::tls, OPEN);
  }

  /** What to serve. */
  public List<BindableService> services() {
    return services;
  }

  /**
   * Makes a token for one process or a fleet.
   *
   * @param uses how many may join with it; 0: any number
   * @return what goes into {@code INMESH_TOKEN}: the secret and the pins of the roots
   */
  public String joinToken(String namespace, String serviceAccount, int uses, Duration ttl)
      throws CaException {
    SpiffeId identity = SpiffeId.of(authority.trustDomain(), namespace, serviceAccount);
    return tokens.create(identity, uses, ttl, Set.of()) + "." + String.join(".", authority.pins());
  }

  /** The authority. */
  public CertificateAuthority authority() {
    return authority;
  }

  /** The tokens. */
  public JoinTokens tokens() {
    return tokens;
  }

  /** The steps of a root's life. */
  public Rotation rotation() {
    return rotation;
  }

  /** Who may do what on the admin port. */
  public AdminSecrets adminSecrets() {
    return adminSecrets;
  }

  /** What happened. */
  public AuditLog audit() {
    return audit;
  }

  @Override
  public void close() {
    loop.close();
    queue.close();
    blocking.shutdownNow();
  }
}
