package io.inmesh.identity;

import com.github.benmanes.caffeine.cache.Caffeine;
import io.inmesh.control.Cancellable;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this process proves itself with and whom it believes, and the TLS generations made of it.
 * Key and chain change together. Thread-safe; {@link #update} is called by one thread at a time.
 */
public final class TlsMaterial {
  private static final AtomicLong NUMBERS = new AtomicLong();

  /**
   * One moment; generations are made when first asked for, and kept while somebody uses them: those
   * of policies that configuration has done away with go with their last connection.
   */
  private record State(
      @Nullable Svid svid,
      TrustBundle bundle,
      Map<TlsPolicy, TlsGeneration> clients,
      Map<ServerTlsPolicy, TlsGeneration> servers) {
    State(@Nullable Svid svid, TrustBundle bundle) {
      this(svid, bundle, whileUsed(), whileUsed());
    }

    /** Asked by each attempt, so it tidies up where it is: another thread would be woken often. */
    private static <P> Map<P, TlsGeneration> whileUsed() {
      return Caffeine.newBuilder()
          .weakValues()
          .executor(Runnable::run)
          .<P, TlsGeneration>build()
          .asMap();
    }
  }

  /** What is for servers outside, at one moment. */
  private record Outside(
      Map<String, Credential> credentials, Map<TlsPolicy, TlsGeneration> clients) {
    Outside(Map<String, Credential> credentials) {
      this(
          Map.copyOf(credentials),
          Caffeine.newBuilder()
              .maximumSize(MAX_OUTSIDE)
              .executor(Runnable::run)
              .<TlsPolicy, TlsGeneration>build()
              .asMap());
    }
  }

  /** Whoever calls hosts that others name must not fill the memory with what they are called by. */
  private static final int MAX_OUTSIDE = 4096;

  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private volatile State state = new State(null, TrustBundle.NONE);

  /** Null: nobody outside was called yet; most processes never do. */
  private final AtomicReference<@Nullable Outside> outside = new AtomicReference<>();

  /** Puts other material into force: new connections use it, then watchers are told. */
  public void update(@Nullable Svid svid, TrustBundle bundle) {
    state = new State(svid, bundle);
    watchers.forEach(Runnable::run);
  }

  /** Puts other credentials for servers outside the mesh into force, then tells watchers. */
  void update(Map<String, Credential> credentials) {
    Outside before = outside();
    Outside now = new Outside(credentials);
    before.clients.forEach(
        (policy, generation) -> {
          String name = policy.credential();
          if (name == null
              || Objects.equals(before.credentials.get(name), now.credentials.get(name))) {
            now.clients.put(policy, generation);
          }
        });
    outside.set(now);
    watchers.forEach(Runnable::run);
  }

  /** What this process proves itself with; null: nothing yet. */
  public @Nullable Svid svid() {
    return state.svid;
  }

  /** Whom this process believes. */
  public TrustBundle bundle() {
    return state.bundle;
  }

  /**
   * How to connect under a policy.
   *
   * @return null: there is no identity yet, or not the credential that the policy names; never to
   *     be answered by plaintext
   */
  public @Nullable TlsGeneration client(TlsPolicy policy) {
    if (policy.mode() == TlsPolicy.Mode.EXTERNAL) {
      return external(policy);
    }
    State now = state;
    TlsGeneration known = now.clients.get(policy);
    if (known != null || now.svid == null) {
      return known;
    }
    Svid svid = now.svid;
    return now.clients.computeIfAbsent(
        policy,
        added ->
            generation(
                false,
                svid,
                new SpiffeTrust(trust(now.bundle, policy.bundles()), policy.peers()),
                policy.sni(),
                policy.parameters(),
                () -> client(policy)));
  }

  /** How to accept connections under a policy. */
  public ServerTls server(ServerTlsPolicy policy) {
    State now = state;
    Svid svid = now.svid;
    if (policy.mode() == ServerTlsPolicy.Mode.DISABLE || svid == null) {
      return new ServerTls(policy.mode(), null);
    }
    TlsGeneration generation =
        now.servers.computeIfAbsent(
            new ServerTlsPolicy(
                ServerTlsPolicy.Mode.STRICT, policy.peers(), policy.bundles(), policy.parameters()),
            added ->
                generation(
                    true,
                    svid,
                    new SpiffeTrust(trust(now.bundle, added.bundles()), added.peers()),
                    null,
                    added.parameters(),
                    () -> server(added).generation()));
    return new ServerTls(policy.mode(), generation);
  }

  /** Runs a task after every update, on the thread that updates. */
  public Cancellable watch(Runnable changed) {
    watchers.add(changed);
    return () -> watchers.remove(changed);
  }

  /** What a policy says itself goes before what this process believes; bans hold in any case. */
  private static TrustBundle trust(TrustBundle own, Map<String, String> bundles) {
    if (bundles.isEmpty()) {
      return own;
    }
    Map<String, Set<X509Certificate>> roots = new HashMap<>();
    bundles.forEach(
        (domain, pem) -> {
          try {
            roots.put(domain, Set.copyOf(PemFiles.certificates(pem)));
          } catch (CertificateException e) {
            throw new IllegalArgumentException("the roots of " + domain + " cannot be read", e);
          }
        });
    return new TrustBundle(roots, own.banned());
  }

  private static TlsGeneration generation(
      boolean server,
      Svid svid,
      PeerTrust trust,
      @Nullable String sni,
      TlsParameters parameters,
      Supplier<@Nullable TlsGeneration> newest) {
    return new TlsGeneration(
        NUMBERS.incrementAndGet(),
        server,
        new SvidKeys(svid.chain(), svid.key()),
        trust,
        sni,
        false,
        parameters,
        svid.expires(),
        newest);
  }

  private Outside outside() {
    Outside known = outside.get();
    if (known == null) {
      outside.compareAndSet(null, new Outside(Map.of()));
      known = Objects.requireNonNull(outside.get());
    }
    return known;
  }

  private @Nullable TlsGeneration external(TlsPolicy policy) {
    Outside now = outside();
    String name = policy.credential();
    Credential credential = name == null ? null : now.credentials.get(name);
    if (name != null && credential == null) {
      return null;
    }
    return now.clients.computeIfAbsent(policy, added -> external(added, credential));
  }

  private TlsGeneration external(TlsPolicy policy, @Nullable Credential credential) {
    String roots = policy.trustedPem();
    if (roots == null && credential != null) {
      roots = credential.roots();
    }
    return new TlsGeneration(
        NUMBERS.incrementAndGet(),
        false,
        credential == null ? null : new SvidKeys(credential.chain(), credential.key()),
        new ExternalTrust(roots, policy.names()),
        policy.sni(),
        policy.names().isEmpty(),
        policy.parameters(),
        credential == null ? Instant.MAX : Svid.end(credential.chain()),
        () -> external(policy));
  }
}
