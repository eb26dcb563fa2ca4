package io.inmesh.wire;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.inmesh.identity.SealedFiles;
import io.inmesh.identity.Svid;
import io.inmesh.wire.identity.v1.Certificate;
import io.inmesh.wire.state.v1.Credential;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the present certificate and key in the state directory, so that a process that starts again
 * needs neither a token nor the control server. Confined to the control loop after {@link #load}.
 */
final class CredentialStore {
  private static final System.Logger LOG = System.getLogger(CredentialStore.class.getName());
  private static final String FILE = "credential";

  /**
   * What was kept.
   *
   * @param certificate as it was issued
   * @param svid the same with its key
   */
  record Kept(Certificate certificate, Svid svid) {}

  private final SealedFiles files;

  private CredentialStore(SealedFiles files) {
    this.files = files;
  }

  /**
   * A store in a directory.
   *
   * @throws IllegalArgumentException if it cannot be used
   */
  static CredentialStore in(Path directory) {
    try {
      return new CredentialStore(SealedFiles.open(directory));
    } catch (IOException e) {
      throw new IllegalArgumentException("state-dir " + directory + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads what was kept.
   *
   * @return null: nothing that is valid at this moment
   * @throws IllegalArgumentException if it is of another host or user
   */
  @Nullable Kept load() {
    try {
      byte[] bytes = files.read(FILE).orElse(null);
      if (bytes == null) {
        return null;
      }
      Credential credential = Credential.parseFrom(bytes);
      PrivateKey key =
          KeyFactory.getInstance("EC")
              .generatePrivate(new PKCS8EncodedKeySpec(credential.getKey().toByteArray()));
      Certificate certificate = credential.getCertificate();
      Svid svid = Svid.of(TrustDecoder.chain(certificate.getChainList()), key);
      if (svid.expires().isBefore(Instant.now())) {
        LOG.log(Level.INFO, "the kept certificate of {0} has expired", svid.id());
        return null;
      }
      return new Kept(certificate, svid);
    } catch (InvalidProtocolBufferException | GeneralSecurityException e) {
      LOG.log(Level.WARNING, "the kept certificate cannot be read and is not used", e);
      return null;
    } catch (IOException e) {
      throw new IllegalArgumentException("state-dir: " + e.getMessage(), e);
    }
  }

  void save(Certificate certificate, PrivateKey key) {
    try {
      files.write(
          FILE,
          Credential.newBuilder()
              .setCertificate(certificate)
              .setKey(ByteString.copyFrom(key.getEncoded()))
              .build()
              .toByteArray());
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the certificate cannot be kept for a restart: {0}", e.toString());
    }
  }
}
