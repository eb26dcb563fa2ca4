package io.inmesh.server.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.control.ManualClock;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryRestartTest {
  @TempDir Path dir;

  private ManualClock clock = new ManualClock();

  @Test
  void open_afterRestart_hasEverythingAndGivesAFullTerm() throws Exception {
    try (Registry before = open()) {
      beatable(before, "a", 120);
      beatable(before, "b", 5);
      before.register(Claims.of("users", "u"), "", Duration.ofSeconds(5)).get();
      before.deregister(Claims.key("users", "u")).get();
    }
    try (Registry after = open()) {
      assertThat(after.snapshot().instances())
          .extracting(i -> i.key().id(), RegisteredInstance::lease)
          .containsExactly(
              org.assertj.core.api.Assertions.tuple("a", LeaseState.SUSPECT),
              org.assertj.core.api.Assertions.tuple("b", LeaseState.SUSPECT));
      assertThat(instance(after, "a").instance())
          .isEqualTo(InstanceValidator.validate(Claims.of("orders", "a"), ""));

      clock.advanceMillis(29_999);
      assertThat(instance(after, "b").lease()).isEqualTo(LeaseState.SUSPECT);
      clock.advanceMillis(1);
      assertThat(instance(after, "b").lease()).isEqualTo(LeaseState.EXPIRED);
      clock.advanceMillis(89_000);
      assertThat(instance(after, "a").lease()).isEqualTo(LeaseState.SUSPECT);
      assertThat(
              after
                  .heartbeat(List.of(new Registry.Heartbeat(Claims.key("orders", "a"), null)))
                  .get())
          .isEmpty();
      assertThat(instance(after, "a").lease()).isEqualTo(LeaseState.ACTIVE);
    }
  }

  @Test
  void open_afterRestart_epochsGoOn() throws Exception {
    long last;
    try (Registry before = open()) {
      beatable(before, "a", 30);
      last = beatable(before, "b", 30);
      before.deregister(Claims.key("orders", "b")).get();
    }
    try (Registry after = open()) {
      assertThat(beatable(after, "c", 30)).isGreaterThan(last);
    }
  }

  @Test
  void open_tornAndDamagedLines_keepsTheRest() throws Exception {
    try (Registry before = open()) {
      beatable(before, "a", 30);
      beatable(before, "b", 30);
      beatable(before, "c", 30);
    }
    Path journal = dir.resolve("registry.journal");
    List<String> lines = Files.readAllLines(journal);
    Files.writeString(
        journal,
        lines.get(0)
            + "\n"
            + lines.get(1).replace("10.0.0.1", "10.0.0.2")
            + "\n"
            + lines.get(2)
            + "\n"
            + lines.get(2).substring(0, 40));

    try (Registry after = open()) {
      assertThat(after.snapshot().instances())
          .extracting(i -> i.key().id())
          .containsExactly("a", "c");
      beatable(after, "d", 30);
    }
    try (Registry again = open()) {
      assertThat(again.snapshot().instances())
          .extracting(i -> i.key().id())
          .containsExactly("a", "c", "d");
    }
  }

  @Test
  void compact_manyChanges_boundsTheJournal() throws Exception {
    try (Registry before = open()) {
      for (int i = 0; i < 3_000; i++) {
        beatable(before, "a" + i % 3, 30);
      }
    }
    assertThat(Files.readAllLines(dir.resolve("registry.journal"))).hasSizeLessThan(1_100);
    try (Registry after = open()) {
      assertThat(after.snapshot().size()).isEqualTo(3);
      assertThat(beatable(after, "z", 30)).isEqualTo(3_001);
    }
  }

  @Test
  void heartbeat_renewal_writesNothing() throws Exception {
    try (Registry registry = open()) {
      beatable(registry, "a", 30);
      long size = Files.size(dir.resolve("registry.journal"));
      for (int i = 0; i < 50; i++) {
        clock.advanceMillis(10_000);
        registry.heartbeat(List.of(new Registry.Heartbeat(Claims.key("orders", "a"), null))).get();
      }
      assertThat(Files.size(dir.resolve("registry.journal"))).isEqualTo(size);
    }
  }

  @Test
  void open_directoryInUse_saysSo() throws Exception {
    try (Registry first = open()) {
      assertThat(first.snapshot().size()).isZero();
      assertThatThrownBy(this::open)
          .isInstanceOf(RegistryStateException.class)
          .hasMessageContaining(dir.toString())
          .hasMessageContaining("is in use by another control server (process ")
          .hasMessageContaining("--state");
    }
  }

  @Test
  void open_notADirectory_saysSo() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "x", StandardOpenOption.CREATE);
    assertThatThrownBy(() -> FileRegistryStore.open(file))
        .isInstanceOf(RegistryStateException.class)
        .hasMessageContaining("cannot create state directory " + file);
  }

  private Registry open() throws RegistryStateException {
    clock = new ManualClock();
    return Registry.open(
        RegistryOptions.DEFAULTS.withStateDir(dir), clock, OpenTelemetry.noop().getMeter("test"));
  }

  private static long beatable(Registry registry, String id, int seconds) throws Exception {
    return registry
        .register(Claims.of("orders", id), "", Duration.ofSeconds(seconds))
        .get()
        .epoch();
  }

  private static RegisteredInstance instance(Registry registry, String id) {
    return registry
        .snapshot()
        .instances()
        .filter(i -> i.key().id().equals(id))
        .findFirst()
        .orElseThrow();
  }
}
