package io.inmesh.wire;

import io.inmesh.identity.JoinToken;
import io.inmesh.wire.identity.v1.AttestRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * What a process shows the control server for its first certificate, and how it knows that server
 * until then.
 */
public sealed interface JoinProof {
  /** SHA-256 of the roots' public keys, in hex. */
  Set<String> pins();

  /**
   * Shows it, as it is now.
   *
   * @throws IOException if it cannot be read
   */
  void showIn(AttestRequest.Builder request) throws IOException;

  /** A join token. */
  static JoinProof of(JoinToken token) {
    return new Given(token);
  }

  /** A service account token that Kubernetes keeps fresh in a file. */
  static JoinProof kubernetes(Path file, Set<String> pins) {
    return new Projected(file, pins, AttestRequest.Builder::setKubernetesToken);
  }

  /** An OpenID Connect token that something keeps fresh in a file. */
  static JoinProof oidc(Path file, Set<String> pins) {
    return new Projected(file, pins, AttestRequest.Builder::setOidcToken);
  }

  /** A token that never changes. */
  record Given(JoinToken token) implements JoinProof {
    @Override
    public Set<String> pins() {
      return token.pins();
    }

    @Override
    public void showIn(AttestRequest.Builder request) {
      request.setJoinToken(token.secret());
    }
  }

  /**
   * A token that is read each time it is shown: it lives for minutes.
   *
   * @param setter which kind it is
   */
  record Projected(Path file, Set<String> pins, BiConsumer<AttestRequest.Builder, String> setter)
      implements JoinProof {
    public Projected {
      pins = Set.copyOf(pins);
    }

    @Override
    public void showIn(AttestRequest.Builder request) throws IOException {
      setter.accept(request, Files.readString(file).strip());
    }
  }
}
