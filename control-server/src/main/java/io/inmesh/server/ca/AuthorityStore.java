package io.inmesh.server.ca;

import io.inmesh.identity.SpiffeId;
import io.inmesh.server.ca.Authority.Phase;
import io.inmesh.server.ca.CaException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Where authorities and bans survive a restart: {@code ca.json}, and a directory for each authority
 * with {@code root.pem} and {@code signer.pem}, which holds the key that signs and its chain: one
 * file, so that a crash never leaves a key beside the certificate of another. A root's own key is
 * never here.
 */
final class AuthorityStore {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String CERTIFICATE = "-----BEGIN CERTIFICATE-----";

  /**
   * What is stored.
   *
   * @param trustDomain of all authorities
   * @param sequence of the trust that clients were told last
   * @param authorities oldest first
   * @param banned identities
   */
  record Content(
      String trustDomain, long sequence, List<Authority> authorities, Set<SpiffeId> banned) {
    Content {
      authorities = List.copyOf(authorities);
      banned = Set.copyOf(banned);
    }
  }

  private final Optional<Path> directory;
  private final Optional<String> passphrase;

  /**
   * A store.
   *
   * @param state empty: nothing survives
   */
  AuthorityStore(Optional<Path> state, Optional<String> passphrase) {
    this.directory = state.map(path -> path.resolve("ca"));
    this.passphrase = passphrase;
  }

  Optional<Content> load() throws CaException {
    if (directory.isEmpty() || !Files.exists(directory.get().resolve("ca.json"))) {
      return Optional.empty();
    }
    Path index = directory.get().resolve("ca.json");
    try {
      JsonNode json = JSON.readTree(PrivateFiles.read(index));
      List<Authority> authorities = new ArrayList<>();
      for (JsonNode entry : json.path("authorities")) {
        authorities.add(load(entry.path("id").asString(""), entry.path("phase").asString("")));
      }
      Set<SpiffeId> banned = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
      for (JsonNode id : json.path("banned")) {
        banned.add(SpiffeId.parse(id.asString("")));
      }
      return Optional.of(
          new Content(
              json.path("trustDomain").asString(""),
              json.path("sequence").asLong(),
              authorities,
              banned));
    } catch (JacksonException | IllegalArgumentException e) {
      throw new CaException(index + ": is damaged (" + e.getMessage() + ")", e);
    }
  }

  private Authority load(String id, String phase) throws CaException {
    Path own = directory.orElseThrow().resolve(id);
    String signer = PrivateFiles.read(own.resolve("signer.pem"));
    int chain = signer.indexOf(CERTIFICATE);
    return new Authority(
        id,
        Pem.certificates(read(own.resolve("root.pem")), own + "/root.pem").get(0),
        chain < 0 ? List.of() : Pem.certificates(signer.substring(chain), own + "/signer.pem"),
        Pem.key(signer, passphrase, own + "/signer.pem"),
        Phase.valueOf(phase));
  }

  private static String read(Path file) throws CaException {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CaException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /** Keeps the certificates and the key of an authority. */
  void add(Authority authority) throws CaException {
    if (directory.isEmpty()) {
      return;
    }
    Path own = directory.get().resolve(authority.id());
    try {
      PrivateFiles.directory(own);
      PrivateFiles.write(own.resolve("root.pem"), Pem.write(List.of(authority.root())));
      PrivateFiles.write(
          own.resolve("signer.pem"),
          Pem.write(authority.key(), passphrase) + Pem.write(authority.chain()));
    } catch (IOException e) {
      throw new CaException(Kind.UNAVAILABLE, own + ": cannot be written (" + e + ")", e);
    }
  }

  /** Keeps which authorities there are and in which phase; what it names has been added. */
  void save(Content content) throws CaException {
    if (directory.isEmpty()) {
      return;
    }
    ObjectNode json =
        JSON.createObjectNode()
            .put("trustDomain", content.trustDomain())
            .put("sequence", content.sequence());
    ArrayNode authorities = json.putArray("authorities");
    content
        .authorities()
        .forEach(
            authority ->
                authorities
                    .addObject()
                    .put("id", authority.id())
                    .put("phase", authority.phase().name()));
    ArrayNode banned = json.putArray("banned");
    content.banned().stream().map(SpiffeId::toString).sorted().forEach(banned::add);
    Path index = directory.get().resolve("ca.json");
    try {
      PrivateFiles.directory(directory.get());
      PrivateFiles.write(index, json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new CaException(Kind.UNAVAILABLE, index + ": cannot be written (" + e + ")", e);
    }
  }
}
