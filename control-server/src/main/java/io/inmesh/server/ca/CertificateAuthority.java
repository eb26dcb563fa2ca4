package io.inmesh.server.ca;

import io.inmesh.identity.CertificateRequest;
import io.inmesh.identity.SpiffeId;
import io.inmesh.identity.TrustBundle;
import io.inmesh.server.ca.Authority.Phase;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.server.config.Finding;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.jspecify.annotations.Nullable;

/**
 * Issues certificates for identities that somebody else has verified, and rotates what they lead
 * to. Issuing reads one immutable state; changes are made one at a time, are on disk before they
 * are in force, and are told to the listeners in order. Thread-safe.
 */
public final class CertificateAuthority {
  private static final System.Logger LOG = System.getLogger(CertificateAuthority.class.getName());

  /** Enough for clients to come one after the other, short enough to wait for. */
  private static final Duration RENEW_WITHIN = Duration.ofSeconds(60);

  private record State(List<Authority> authorities, Set<SpiffeId> banned, TrustState trust) {}

  private final CaOptions options;
  private final AuthorityStore store;
  private final InstantSource clock;
  private final List<Consumer<TrustState>> listeners = new CopyOnWriteArrayList<>();
  private Federation federation = Federation.NONE;
  private volatile State state;
  private @Nullable CertificateRequest requested;

  private CertificateAuthority(CaOptions options, AuthorityStore store, InstantSource clock)
      throws CaException {
    this.options = options;
    this.store = store;
    this.clock = clock;
    AuthorityStore.Content content = store.load().orElse(null);
    if (content != null && !content.trustDomain().equals(options.trustDomain())) {
      throw new CaException(
          "the authority in the state directory is for trust domain '"
              + content.trustDomain()
              + "', the configuration says '"
              + options.trustDomain()
              + "': no identity survives that; choose another --state to begin anew");
    }
    List<Authority> authorities = new ArrayList<>();
    Set<SpiffeId> banned = Set.of();
    if (content != null) {
      authorities.addAll(content.authorities());
      banned = content.banned();
    }
    if (options.pluggedIn().isPresent()) {
      boolean unused =
          plugIn(
              authorities,
              PluggedIn.read(options.pluggedIn().get(), options.passphrase(), clock.instant()));
    }
    if (authorities.isEmpty()) {
      authorities.add(generate(Phase.ACTIVE));
    }
    state = stored(authorities, banned, content == null ? 0 : content.sequence());
  }

  /**
   * Opens the authority that a state directory holds, or makes a new one.
   *
   * @param stateDirectory empty: the authority ends with the process
   * @throws CaException if what is stored or plugged in cannot be used
   */
  public static CertificateAuthority open(
      CaOptions options, Optional<Path> stateDirectory, InstantSource clock) throws CaException {
    return new CertificateAuthority(
        options, new AuthorityStore(stateDirectory, options.passphrase()), clock);
  }

  /**
   * Takes an authority from outside. A renewed certificate of the root that signs is used at once;
   * another root is only trusted until it is {@linkplain #activate activated}, unless nothing else
   * could sign.
   *
   * @return whether it is news
   */
  synchronized boolean plugIn(Authority given) throws CaException {
    List<Authority> known = new ArrayList<>(state.authorities);
    if (!plugIn(known, given)) {
      return false;
    }
    change(all -> known, UnaryOperator.identity());
    return true;
  }

  private boolean plugIn(List<Authority> known, Authority given) throws CaException {
    boolean waiting =
        known.stream()
            .anyMatch(
                other ->
                    other.phase() == Phase.ACTIVE
                        && !other.id().equals(given.id())
                        && other.expires().isAfter(clock.instant()));
    Authority taken = given.in(waiting ? Phase.PREPARED : Phase.ACTIVE);
    if (known.stream().anyMatch(taken::sameAs)) {
      return false;
    }
    store.add(taken);
    known.removeIf(other -> other.id().equals(taken.id()));
    if (!waiting) {
      known.replaceAll(other -> other.phase() == Phase.ACTIVE ? other.in(Phase.OLD) : other);
    }
    known.add(taken);
    return true;
  }

  /** The root's key is used here once and kept nowhere; see {@link RootKey} for one that is. */
  private Authority generate(Phase phase) throws CaException {
    KeyPair rootKeys = Certificates.keys();
    KeyPair keys = Certificates.keys();
    X509Certificate root =
        Certificates.root(options.trustDomain(), rootKeys, clock.instant(), options.rootTtl());
    X509Certificate intermediate =
        Certificates.intermediate(
            options.trustDomain(),
            keys.getPublic(),
            root,
            rootKeys.getPrivate(),
            clock.instant(),
            options.intermediateTtl());
    Authority made = Authority.of(root, List.of(intermediate), keys.getPrivate(), phase);
    store.add(made);
    LOG.log(
        Level.INFO,
        "root {0} was made; its key is kept nowhere, and what signs under it ends on {1}",
        made.id(),
        made.expires());
    return made;
  }

  private State stored(List<Authority> authorities, Set<SpiffeId> banned, long before)
      throws CaException {
    long sequence = Math.max(before + 1, clock.millis());
    store.save(new AuthorityStore.Content(options.trustDomain(), sequence, authorities, banned));
    Set<X509Certificate> roots = new HashSet<>();
    Set<String> renew = new HashSet<>();
    for (Authority authority : authorities) {
      roots.add(authority.root());
      if (authority.phase() == Phase.TAINTED) {
        renew.add(authority.id());
      }
    }
    TrustState trust =
        new TrustState(
            sequence,
            new TrustBundle(federation.with(options.trustDomain(), roots), banned),
            renew,
            renewWithin());
    return new State(List.copyOf(authorities), Set.copyOf(banned), trust);
  }

  private Duration renewWithin() {
    Duration half = options.leafTtl().dividedBy(2);
    return half.compareTo(RENEW_WITHIN) < 0 ? half : RENEW_WITHIN;
  }

  /** Of all identities. */
  public String trustDomain() {
    return options.trustDomain();
  }

  /** How long certificates are valid. */
  public Duration leafTtl() {
    return options.leafTtl();
  }

  /** What clients are to trust now. */
  public TrustState trust() {
    return state.trust;
  }

  /** The public keys of all trusted roots, for join lines. */
  public List<String> pins() {
    return state.authorities.stream()
        .map(authority -> Authority.pin(authority.root()))
        .distinct()
        .toList();
  }

  List<X509Certificate> roots() {
    return state.authorities.stream().map(Authority::root).distinct().toList();
  }

  List<Authority> authorities() {
    return state.authorities;
  }

  /** What is about to end. */
  List<Finding> endings() {
    return Endings.of(active(), clock.instant());
  }

  Authority active() {
    return active(state);
  }

  private static Authority active(State state) {
    return state.authorities.stream()
        .filter(authority -> authority.phase() == Phase.ACTIVE)
        .findFirst()
        .orElseThrow();
  }

  /** Hears of every change from here on, on the thread that makes it. */
  public void listen(Consumer<TrustState> listener) {
    listeners.add(listener);
  }

  /**
   * Issues a certificate for an identity.
   *
   * @throws CaException if the identity is banned or of another trust domain, or the authority has
   *     expired
   */
  Issued issue(SpiffeId id, PublicKey key) throws CaException {
    return issue(id, key, options.leafTtl(), List.of());
  }

  Issued issue(SpiffeId id, PublicKey key, Duration ttl, List<GeneralName> names)
      throws CaException {
    State now = state;
    if (!id.trustDomain().equals(options.trustDomain())) {
      throw new CaException(
          Kind.FORBIDDEN, id + ": is not of trust domain '" + options.trustDomain() + "'");
    }
    if (now.banned.contains(id)) {
      throw new CaException(Kind.FORBIDDEN, id + ": is banned");
    }
    Authority authority = active(now);
    if (!authority.expires().isAfter(clock.instant())) {
      throw new CaException(
          Kind.UNAVAILABLE,
          authority
              + " has expired: renew its certificate with 'inmesh ca renew --root-key FILE', or"
              + " rotate the root");
    }
    X509Certificate leaf =
        Certificates.leaf(
            id, key, authority.signer(), authority.key(), clock.instant(), ttl, names);
    List<X509Certificate> chain = new ArrayList<>();
    chain.add(leaf);
    chain.addAll(authority.chain());
    return new Issued(chain, authority.root(), authority.id());
  }

  /** Has clients believe other trust domains as well. This server itself believes none of them. */
  synchronized void federate(Federation with) throws CaException {
    if (!with.equals(federation)) {
      federation = with;
      change(UnaryOperator.identity(), UnaryOperator.identity());
    }
  }

  private synchronized void change(
      UnaryOperator<List<Authority>> authorities, UnaryOperator<Set<SpiffeId>> banned)
      throws CaException {
    State before = state;
    State after =
        stored(
            authorities.apply(new ArrayList<>(before.authorities)),
            banned.apply(new HashSet<>(before.banned)),
            before.trust.sequence());
    state = after;
    listeners.forEach(listener -> listener.accept(after.trust));
  }

  private void changePhases(Predicate<Authority> which, Phase phase) throws CaException {
    change(
        all -> {
          all.replaceAll(authority -> which.test(authority) ? authority.in(phase) : authority);
          return all;
        },
        UnaryOperator.identity());
  }

  /** Makes a new authority, trusted from now on but not signing. */
  synchronized Authority prepare() throws CaException {
    return added(generate(Phase.PREPARED));
  }

  /**
   * The same, of a root whose key somebody else keeps.
   *
   * @param root PEM
   * @param certificate PEM, for the key of the last request
   */
  synchronized Authority prepare(String root, String certificate) throws CaException {
    X509Certificate top = Pem.certificates(root, "root").get(0);
    if (top.getBasicConstraints() < 0) {
      throw new CaException("root: is not the certificate of an authority");
    }
    Authority prepared = certified(top, certificate, Phase.PREPARED);
    if (authorities().stream().anyMatch(other -> other.id().equals(prepared.id()))) {
      throw new CaException("root: is known already");
    }
    store.add(prepared);
    Authority known = added(prepared);
    requested = null;
    return known;
  }

  private Authority added(Authority prepared) throws CaException {
    change(
        all -> {
          all.add(prepared);
          return all;
        },
        UnaryOperator.identity());
    return prepared;
  }

  /** Whether an authority only waits to be activated. */
  boolean isPrepared(String id) {
    return state.authorities.stream()
        .anyMatch(known -> known.id().equals(id) && known.phase() == Phase.PREPARED);
  }

  /** Lets a prepared authority sign; the one that did is old from now on. */
  synchronized void activate(String id) throws CaException {
    require(id, Phase.PREPARED);
    change(
        all -> {
          all.replaceAll(
              authority ->
                  authority.id().equals(id)
                      ? authority.in(Phase.ACTIVE)
                      : authority.phase() == Phase.ACTIVE ? authority.in(Phase.OLD) : authority);
          return all;
        },
        UnaryOperator.identity());
  }

  /** Has the certificates of an old authority replaced now. */
  synchronized void taint(String id) throws CaException {
    require(id, Phase.OLD);
    changePhases(authority -> authority.id().equals(id), Phase.TAINTED);
  }

  /** Ends the trust in an authority. */
  synchronized void revoke(String id) throws CaException {
    require(id, Phase.TAINTED, Phase.OLD, Phase.PREPARED);
    change(
        all -> {
          all.removeIf(authority -> authority.id().equals(id));
          return all;
        },
        UnaryOperator.identity());
  }

  private void require(String id, Phase... phases) throws CaException {
    Authority authority =
        state.authorities.stream()
            .filter(known -> known.id().equals(id))
            .findFirst()
            .orElseThrow(() -> new CaException("there is no authority '" + id + "'"));
    if (!List.of(phases).contains(authority.phase())) {
      throw new CaException(
          "authority " + id + " is " + authority.phase() + ", must be " + List.of(phases));
    }
  }

  /**
   * A new key for the certificate that signs, which the holder of the root's key is to certify. The
   * one of an earlier request is forgotten, and all are when the process ends.
   *
   * @throws CaException if the authority comes from files that somebody else renews
   */
  synchronized SignerRequest requestSigner() throws CaException {
    if (options.pluggedIn().isPresent()) {
      throw new CaException(
          "the authority is plugged in: put the renewed one into " + options.pluggedIn().get());
    }
    CertificateRequest made = CertificateRequest.create();
    requested = made;
    Authority current = active();
    return new SignerRequest(
        current.id(),
        options.trustDomain(),
        Pem.writeRequest(made.der()),
        Pem.write(List.of(current.root())),
        options.intermediateTtl().toSeconds());
  }

  /**
   * Signs with another certificate under the same root from now on; what was issued stays good.
   *
   * @param certificate PEM, for the key of the last request
   */
  synchronized void renewSigner(String certificate) throws CaException {
    replace(certified(active().root(), certificate, Phase.ACTIVE));
    requested = null;
  }

  /** What the last request asked for, if this is it. */
  private Authority certified(X509Certificate root, String certificate, Phase phase)
      throws CaException {
    CertificateRequest request = requested;
    if (request == null) {
      throw new CaException("no key waits for a certificate; begin anew");
    }
    List<X509Certificate> chain = Pem.certificates(certificate, "certificate");
    Authority certified = Authority.of(root, chain, request.keys().getPrivate(), phase);
    AuthorityCheck.check(
        root,
        chain,
        certified.key(),
        clock.instant(),
        "certificate",
        "the key that was asked for",
        "root " + certified.id());
    return certified;
  }

  /** Puts a known authority's new certificates and key into force. */
  private void replace(Authority renewed) throws CaException {
    store.add(renewed);
    change(
        all -> {
          all.replaceAll(authority -> authority.id().equals(renewed.id()) ? renewed : authority);
          return all;
        },
        UnaryOperator.identity());
  }

  /** Refuses an identity from now on, everywhere. */
  public void ban(SpiffeId id) throws CaException {
    change(
        UnaryOperator.identity(),
        banned -> {
          banned.add(id);
          return banned;
        });
  }

  /** Lets an identity in again. */
  public void unban(SpiffeId id) throws CaException {
    change(
        UnaryOperator.identity(),
        banned -> {
          banned.remove(id);
          return banned;
        });
  }
}
