package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SealedFilesTest {
  private static final byte[] SECRET = "a secret".getBytes(StandardCharsets.UTF_8);

  @TempDir Path dir;

  private SealedFiles open(String host, String user) throws IOException {
    return SealedFiles.open(dir.resolve("state"), host, user);
  }

  @Test
  void read_sameHostAndUser_givesWhatWasWritten() throws IOException {
    assertThat(open("host", "user").read("a")).isEmpty();
    open("host", "user").write("a", SECRET);
    assertThat(open("host", "user").read("a").orElseThrow()).isEqualTo(SECRET);
    try (var files = Files.list(dir.resolve("state"))) {
      for (Path file : files.toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .doesNotContain("a secret");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void read_copiedToAnotherHostOrUser_isRefused() throws IOException {
    open("host", "user").write("a", SECRET);
    assertThatThrownBy(() -> open("other", "user").read("a"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("sealed on another host or by another user");
    assertThatThrownBy(() -> open("host", "other").read("a")).isInstanceOf(IOException.class);
  }

  @Test
  void read_changedOrRenamedFile_isRefused() throws IOException {
    SealedFiles files = open("host", "user");
    files.write("a", SECRET);
    Path file = dir.resolve("state").resolve("a");
    byte[] sealed = Files.readAllBytes(file);
    Files.write(dir.resolve("state").resolve("b"), sealed);
    assertThatThrownBy(() -> files.read("b")).isInstanceOf(IOException.class);
    sealed[sealed.length - 1] ^= 1;
    Files.write(file, sealed);
    assertThatThrownBy(() -> files.read("a")).isInstanceOf(IOException.class);
    Files.write(file, new byte[3]);
    assertThatThrownBy(() -> files.read("a")).hasMessageContaining("damaged");
  }
}
