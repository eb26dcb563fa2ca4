package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.control.ManualClock;
import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsPolicy;
import io.inmesh.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateEncodingException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** ID-11: what configuration may name and only the application has. */
class CredentialsTest {
  @TempDir private Path directory;
  private final ManualClock clock = new ManualClock();
  private final TestAuthority authority = new TestAuthority();
  private final TlsMaterial material = new TlsMaterial();

  private void start() {
    var unused = new Credentials(directory, material, clock, Runnable::run);
    clock.advanceNanos(1);
  }

  private void tick() {
    clock.advanceNanos(FilePoll.INTERVAL.toNanos());
  }

  private Svid write(String name) throws IOException, CertificateEncodingException {
    Path own = directory.resolve(name);
    Files.createDirectories(own);
    Svid shown = authority.outsider(name + ".example.com");
    Files.writeString(
        own.resolve("tls.crt"), FileIdentityTest.pem("CERTIFICATE", shown.leaf().getEncoded()));
    Files.writeString(
        own.resolve("tls.key"), FileIdentityTest.pem("PRIVATE KEY", shown.key().getEncoded()));
    return shown;
  }

  private static TlsPolicy naming(String credential) {
    return new TlsPolicy(
        TlsPolicy.Mode.EXTERNAL,
        List.of(),
        Map.of(),
        List.of(),
        "api.example.com",
        null,
        credential,
        TlsParameters.DEFAULT);
  }

  private Object shown(String credential) {
    TlsGeneration generation = Objects.requireNonNull(material.client(naming(credential)));
    return Objects.requireNonNull(
        Objects.requireNonNull(generation.keys()).getCertificateChain("svid"))[0];
  }

  @Test
  void eachDirectory_isACredentialOfItsName() throws Exception {
    Svid first = write("first");
    Svid second = write("second");
    start();
    assertThat(shown("first")).isEqualTo(first.leaf());
    assertThat(shown("second")).isEqualTo(second.leaf());
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", "../first", "/etc", ".", ""})
  void unknownName_isNeverAPath(String name) throws Exception {
    write("first");
    start();
    assertThat(material.client(naming(name))).isNull();
  }

  @Test
  void replacedFiles_areANewGeneration_ofThisCredentialAlone() throws Exception {
    write("first");
    write("second");
    start();
    TlsGeneration before = Objects.requireNonNull(material.client(naming("first")));
    TlsGeneration other = Objects.requireNonNull(material.client(naming("second")));
    AtomicInteger told = new AtomicInteger();
    var unused = material.watch(told::incrementAndGet);
    Svid renewed = write("first");
    tick();
    assertThat(told).hasValue(1);
    assertThat(shown("first")).isEqualTo(renewed.leaf());
    assertThat(before.current()).isNotEqualTo(before);
    assertThat(material.client(naming("second"))).isEqualTo(other);
    tick();
    assertThat(told).as("nothing changed").hasValue(1);
  }

  @Test
  void filesThatDoNotGoTogether_leaveWhatWasThere() throws Exception {
    Svid first = write("first");
    start();
    Files.writeString(directory.resolve("first").resolve("tls.crt"), "not yet");
    tick();
    assertThat(shown("first")).isEqualTo(first.leaf());
  }

  @Test
  void directoryThatIsNone_isRefusedAtTheStart() {
    assertThatThrownBy(
            () -> new Credentials(directory.resolve("gone"), material, clock, Runnable::run))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("credentials-dir");
  }
}
