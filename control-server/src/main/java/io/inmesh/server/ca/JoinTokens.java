package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.CaException.Kind;
import io.inmesh.server.config.Network;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The join tokens there are, kept in {@code tokens.json} of the state directory; a use is on disk
 * before anybody profits from it. Thread-safe.
 */
public final class JoinTokens {
  /** The longest a token may live. */
  static final Duration MAX_TTL = Duration.ofDays(30);

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final int ID_BYTES = 6;
  private static final int SECRET_BYTES = 24;

  private final Optional<Path> file;
  private final InstantSource clock;
  private final Map<String, JoinToken> tokens = new TreeMap<>();

  /**
   * Reads the tokens of a state directory.
   *
   * @param state empty: tokens end with the process
   */
  public JoinTokens(Optional<Path> state, InstantSource clock) throws CaException {
    this.file = state.map(directory -> directory.resolve("ca").resolve("tokens.json"));
    this.clock = clock;
    if (file.isPresent() && Files.exists(file.get())) {
      load(file.get());
    }
  }

  /**
   * Makes a token.
   *
   * @param uses how many may join with it; 0: any number
   * @param networks CIDRs that joiners must be in; empty: anywhere
   * @return the secret, {@code <id>.<secret>}; it cannot be had again
   * @throws CaException if a bound is not acceptable or the token cannot be kept
   */
  public synchronized String create(SpiffeId identity, int uses, Duration ttl, Set<String> networks)
      throws CaException {
    if (SpiffeId.SYSTEM_NAMESPACE.equals(identity.namespace())) {
      throw new CaException("namespace: '" + identity.namespace() + "' is the mesh's own");
    }
    if (ttl.isNegative() || ttl.isZero() || ttl.compareTo(MAX_TTL) > 0) {
      throw new CaException("ttl: must be more than 0 and at most 30 days");
    }
    if (uses < 0) {
      throw new CaException("uses: must not be negative");
    }
    for (String network : networks) {
      try {
        Network.parse(network);
      } catch (IllegalArgumentException e) {
        throw new CaException("networks: " + e.getMessage(), e);
      }
    }
    dropExpired();
    // Hexadecimal, since operators name it on command lines, where a leading '-' is an option.
    String id = HexFormat.of().formatHex(random(ID_BYTES));
    String secret = Base64.getUrlEncoder().withoutPadding().encodeToString(random(SECRET_BYTES));
    Instant now = clock.instant();
    JoinToken token =
        new JoinToken(
            id,
            hash(secret.getBytes(StandardCharsets.US_ASCII)),
            identity,
            uses,
            0,
            List.of(),
            now,
            now.plus(ttl),
            networks);
    tokens.put(id, token);
    save();
    return id + "." + secret;
  }

  /**
   * Uses a token for a key.
   *
   * @param presented {@code <id>.<secret>}, with or without what follows in a join line
   * @param from where the caller is
   * @return who the caller is
   * @throws CaException if the token is unknown, expired, used up or not for that network; which of
   *     these, only {@link CaException#getCause} says, for the audit log
   */
  public synchronized SpiffeId redeem(String presented, PublicKey key, InetSocketAddress from)
      throws CaException {
    String[] parts = presented.split("\\.", -1);
    JoinToken token = parts.length < 2 ? null : tokens.get(parts[0]);
    if (token == null || !matches(token, parts[1])) {
      throw refused("unknown");
    }
    if (!clock.instant().isBefore(token.expires())) {
      throw refused("expired");
    }
    if (!token.networks().isEmpty()
        && token.networks().stream().noneMatch(network -> contains(network, from))) {
      throw refused("used from " + from.getAddress().getHostAddress());
    }
    String keyHash = hash(key.getEncoded());
    if (token.keys().contains(keyHash)) {
      return token.identity();
    }
    if (token.exhausted()) {
      throw refused("used up");
    }
    tokens.put(token.id(), token.usedBy(keyHash));
    try {
      save();
    } catch (CaException e) {
      tokens.put(token.id(), token);
      throw e;
    }
    return token.identity();
  }

  private static CaException refused(String why) {
    return new CaException(
        "the join token is not accepted: unknown, expired or used up",
        new CaException("token " + why));
  }

  private static boolean matches(JoinToken token, String secret) {
    return MessageDigest.isEqual(
        token.secretHash().getBytes(StandardCharsets.US_ASCII),
        hash(secret.getBytes(StandardCharsets.US_ASCII)).getBytes(StandardCharsets.US_ASCII));
  }

  /** Ends a token; what joined with it stays. */
  public synchronized boolean revoke(String id) throws CaException {
    boolean known = tokens.remove(id) != null;
    if (known) {
      save();
    }
    return known;
  }

  /**
   * A token, for people.
   *
   * @param id names it
   * @param identity of those who join with it
   * @param uses how many may join; 0: any number
   * @param used how many have
   * @param expires when it ends
   * @param networks where joiners must be
   */
  public record Description(
      String id, String identity, int uses, int used, String expires, Set<String> networks) {}

  /** The tokens that have not expired, by id. */
  public synchronized List<Description> descriptions() {
    dropExpired();
    return tokens.values().stream()
        .map(
            token ->
                new Description(
                    token.id(),
                    token.identity().toString(),
                    token.uses(),
                    token.used(),
                    token.expires().toString(),
                    token.networks()))
        .toList();
  }

  private void dropExpired() {
    Instant now = clock.instant();
    tokens.values().removeIf(token -> !now.isBefore(token.expires()));
  }

  private static boolean contains(String network, InetSocketAddress address) {
    return Network.parse(network).contains(address);
  }

  private static byte[] random(int bytes) {
    byte[] value = new byte[bytes];
    RANDOM.nextBytes(value);
    return value;
  }

  private static String hash(byte[] value) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(value));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JVM has no SHA-256", e);
    }
  }

  private void load(Path path) throws CaException {
    try {
      for (JsonNode json : JSON.readTree(PrivateFiles.read(path)).path("tokens")) {
        List<String> keys = new ArrayList<>();
        json.path("keys").forEach(key -> keys.add(key.asString("")));
        Set<String> networks = new TreeSet<>();
        json.path("networks").forEach(network -> networks.add(network.asString("")));
        JoinToken token =
            new JoinToken(
                json.path("id").asString(""),
                json.path("secretHash").asString(""),
                SpiffeId.parse(json.path("identity").asString("")),
                json.path("uses").asInt(1),
                json.path("used").asInt(1),
                keys,
                Instant.parse(json.path("created").asString("")),
                Instant.parse(json.path("expires").asString("")),
                networks);
        tokens.put(token.id(), token);
      }
    } catch (JacksonException | IllegalArgumentException | java.time.DateTimeException e) {
      throw new CaException(path + ": is damaged (" + e.getMessage() + ")", e);
    }
  }

  private void save() throws CaException {
    if (file.isEmpty()) {
      return;
    }
    ObjectNode json = JSON.createObjectNode();
    ArrayNode all = json.putArray("tokens");
    for (JoinToken token : tokens.values()) {
      ObjectNode entry =
          all.addObject()
              .put("id", token.id())
              .put("secretHash", token.secretHash())
              .put("identity", token.identity().toString())
              .put("uses", token.uses())
              .put("used", token.used())
              .put("created", token.created().toString())
              .put("expires", token.expires().toString());
      token.keys().forEach(entry.putArray("keys")::add);
      token.networks().forEach(entry.putArray("networks")::add);
    }
    Path path = file.get();
    try {
      PrivateFiles.directoryOf(path);
      PrivateFiles.write(path, json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new CaException(Kind.UNAVAILABLE, path + ": cannot be written (" + e + ")", e);
    }
  }
}
