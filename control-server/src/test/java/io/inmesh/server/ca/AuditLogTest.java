package io.inmesh.server.ca;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.FullDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir Path state;
  private final TestClock clock = new TestClock();

  private AuditLog log(long bytes, int files, int refusals) {
    return new AuditLog(Optional.of(state), clock, new AuditLog.Bounds(bytes, files, refusals));
  }

  private String text(String name) throws Exception {
    return Files.readString(state.resolve(name));
  }

  @Test
  void events_areJsonLines_forTheirOwnerOnly() throws Exception {
    AuditLog log = log(1 << 20, 2, 10);
    log.note("issued", "identity", "spiffe://a", "empty", "", "from", "line\nbreak");
    log.note("banned", "identity", "x".repeat(5_000));
    assertThat(text("audit.log").lines()).hasSize(2);
    assertThat(text("audit.log"))
        .contains("\"event\":\"issued\",\"identity\":\"spiffe://a\",\"from\":\"line\\nbreak\"")
        .doesNotContain("empty");
    assertThat(text("audit.log").length()).isLessThan(2_000);
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(state.resolve("audit.log"))))
        .isEqualTo("rw-------");
  }

  @Test
  void files_areRotatedAndTheOldestGoes() throws Exception {
    AuditLog log = log(1_000, 2, 10);
    for (int i = 0; i < 100; i++) {
      log.note("issued", "number", "event-" + i);
    }
    try (var files = Files.list(state)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("audit.log", "audit.1.log", "audit.2.log");
    }
    assertThat(text("audit.log") + text("audit.1.log")).contains("event-99");
    assertThat(text("audit.2.log")).doesNotContain("event-0\"");
    assertThat(Files.size(state.resolve("audit.1.log"))).isLessThan(1_200);
  }

  @Test
  void refusals_byTheThousand_doNotPushOutWhatCounts() throws Exception {
    AuditLog log = log(1 << 20, 2, 3);
    for (int i = 0; i < 1_000; i++) {
      log.refused("refused", "reason", "guess");
    }
    log.note("banned", "identity", "spiffe://a");
    assertThat(text("audit.log").lines()).hasSize(4);
    clock.advance(Duration.ofMinutes(1));
    log.refused("refused", "reason", "late");
    assertThat(text("audit.log")).contains("\"more\":\"997\"", "late");
  }

  @Test
  void lineThatBreaksOff_asTheDiskIsFull_spoilsNoOther() throws Exception {
    AuditLog log = log(1 << 20, 2, 10);
    log.note("issued", "identity", "spiffe://a");
    try (FullDisk full = FullDisk.after(Files.size(state.resolve("audit.log")) + 20)) {
      assertThat(full).isNotNull();
      log.note("issued", "identity", "spiffe://b");
    }
    log.note("issued", "identity", "spiffe://c");
    assertThat(text("audit.log").lines())
        .allMatch(line -> line.startsWith("{") && line.endsWith("}"))
        .hasSize(2)
        .last()
        .asString()
        .contains("spiffe://c");
  }

  @Test
  void directory_thatCannotBeWritten_stopsNothing_andIsWrittenAgain() throws Exception {
    Path blocked = state.resolve("blocked");
    Files.writeString(blocked, "a file where the directory should be");
    AuditLog log = new AuditLog(Optional.of(blocked), clock);
    log.note("issued");
    Files.delete(blocked);
    log.note("banned");
    assertThat(Files.readString(blocked.resolve("audit.log"))).contains("banned");
  }
}
