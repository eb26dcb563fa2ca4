package io.inmesh.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.testing.FullDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk is full while a credential or a configuration is sealed. */
class FullDiskTest {
  @TempDir Path dir;

  @Test
  void writeThatBreaksOff_leavesWhatWasThere_andNothingElse() throws Exception {
    SealedFiles files = SealedFiles.open(dir);
    byte[] first = new byte[5_000];
    byte[] second = new byte[20_000];
    files.write("credential", first);
    try (FullDisk full = FullDisk.after(4_000)) {
      assertThat(full).isNotNull();
      assertThatThrownBy(() -> files.write("credential", second)).isInstanceOf(IOException.class);
      assertThat(files.read("credential").orElseThrow()).isEqualTo(first);
    }
    try (var all = Files.list(dir)) {
      assertThat(all).noneMatch(file -> file.toString().endsWith(".next"));
    }
    files.write("credential", second);
    assertThat(SealedFiles.open(dir).read("credential").orElseThrow()).isEqualTo(second);
  }
}
