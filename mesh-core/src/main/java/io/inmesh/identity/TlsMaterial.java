package io.inmesh.identity;

import io.inmesh.control.Cancellable;
import io.inmesh.model.ServerTlsPolicy;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this process proves itself with and whom it believes, and the TLS generations made of it.
 * Key and chain change together. Thread-safe; {@link #update} is called by one thread at a time.
 */
public final class TlsMaterial {
  private static final AtomicLong NUMBERS = new AtomicLong();

  /** One moment; generations are made when first asked for. */
  private record State(
      @Nullable Svid svid,
      TrustBundle bundle,
      Map<TlsPolicy, TlsGeneration> clients,
      Map<ServerTlsPolicy, TlsGeneration> servers) {
    State(@Nullable Svid svid, TrustBundle bundle) {
      this(svid, bundle, new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
    }
  }

  private final Map<TlsPolicy, TlsGeneration> external = new ConcurrentHashMap<>();
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private volatile State state = new State(null, TrustBundle.NONE);

  /** Puts other material into force: new connections use it, then watchers are told. */
  public void update(@Nullable Svid svid, TrustBundle bundle) {
    state = new State(svid, bundle);
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
   * @return null: there is no identity yet; never to be answered by plaintext
   */
  public @Nullable TlsGeneration client(TlsPolicy policy) {
    if (policy.mode() == TlsPolicy.Mode.EXTERNAL) {
      return external.computeIfAbsent(policy, TlsMaterial::external);
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
                new SpiffeTrust(now.bundle, policy.peers()),
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
            new ServerTlsPolicy(ServerTlsPolicy.Mode.STRICT, policy.peers(), policy.parameters()),
            added ->
                generation(
                    true,
                    svid,
                    new SpiffeTrust(now.bundle, added.peers()),
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
        new SvidKeys(svid),
        trust,
        sni,
        false,
        parameters,
        svid.expires(),
        newest);
  }

  private static TlsGeneration external(TlsPolicy policy) {
    return new TlsGeneration(
        NUMBERS.incrementAndGet(),
        false,
        null,
        new ExternalTrust(policy.trustedPem(), policy.names()),
        policy.sni(),
        policy.names().isEmpty(),
        policy.parameters(),
        Instant.MAX,
        () -> null);
  }
}
