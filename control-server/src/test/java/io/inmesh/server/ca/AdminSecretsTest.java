package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdminSecretsTest {
  @TempDir Path state;

  @Test
  void secrets_differ_andSurviveARestart_forTheirOwnerOnly() throws Exception {
    AdminSecrets first = AdminSecrets.open(Optional.of(state));
    AdminSecrets again = AdminSecrets.open(Optional.of(state));
    for (AdminRole role : AdminRole.values()) {
      assertThat(first.secret(role)).hasSize(32).isEqualTo(again.secret(role));
      assertThat(again.role(first.secret(role))).contains(role);
      Path file = AdminSecrets.file(state, role);
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
    assertThat(first.secret(AdminRole.CA))
        .isNotEqualTo(first.secret(AdminRole.OPERATOR))
        .isNotEqualTo(first.secret(AdminRole.VIEWER));
  }

  @Test
  void role_ofWhatIsNoSecret_isNone() throws Exception {
    AdminSecrets secrets = AdminSecrets.open(Optional.empty());
    String real = secrets.secret(AdminRole.CA);
    assertThat(secrets.role("")).isEmpty();
    assertThat(secrets.role(real.substring(1))).isEmpty();
    assertThat(secrets.role(real + " ")).isEmpty();
    assertThat(AdminSecrets.open(Optional.empty()).role(real)).isEmpty();
  }

  @Test
  void file_thatIsEmptyOrOthersCanRead_isRefused() throws Exception {
    AdminSecrets unused = AdminSecrets.open(Optional.of(state));
    Path file = AdminSecrets.file(state, AdminRole.OPERATOR);
    Files.writeString(file, "\n");
    assertThatThrownBy(() -> AdminSecrets.open(Optional.of(state)))
        .hasMessageContaining("operator.token: holds no secret");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    assertThatThrownBy(() -> AdminSecrets.open(Optional.of(state)))
        .hasMessageContaining("operator.token: others than its owner");
  }
}
