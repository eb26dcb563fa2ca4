package io.inmesh.server.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.testing.FullDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk is full in the middle of a line, or of a snapshot. */
class FullDiskTest {
  @TempDir Path dir;

  private final List<StoredLease> live = new ArrayList<>();

  private StoredLease lease(String id) throws RegistrationException {
    StoredLease lease =
        new StoredLease(
            InstanceValidator.validate(Claims.of("orders", id), ""),
            LeaseKind.HEARTBEAT,
            LeaseState.ACTIVE,
            live.size() + 1,
            Instant.EPOCH,
            Duration.ofSeconds(30));
    live.add(lease);
    return lease;
  }

  private List<String> restored() throws Exception {
    FileRegistryStore store = FileRegistryStore.open(dir);
    try {
      return store.restored().stream().map(each -> each.instance().key().id()).toList();
    } finally {
      store.close();
    }
  }

  @Test
  void lineThatBreaksOff_spoilsNoOther() throws Exception {
    FileRegistryStore store = FileRegistryStore.open(dir);
    store.put(lease("a"));
    try (FullDisk full = FullDisk.after(Files.size(dir.resolve("registry.journal")) + 20)) {
      assertThat(full).isNotNull();
      store.put(lease("b"));
      assertThat(store.trouble()).contains("cannot be written");
    }
    store.put(lease("c"));
    assertThat(store.trouble()).isEmpty();
    store.close();
    assertThat(restored()).containsExactly("a", "c");
  }

  @Test
  void whatCouldNotBeWritten_isMadeUpFor_onceThereIsRoom() throws Exception {
    FileRegistryStore store = FileRegistryStore.open(dir);
    store.put(lease("a"));
    try (FullDisk full = FullDisk.after(Files.size(dir.resolve("registry.journal")) + 20)) {
      assertThat(full).isNotNull();
      store.put(lease("b"));
      store.compact(2, () -> live);
    }
    store.put(lease("c"));
    store.compact(3, () -> live);
    store.close();
    assertThat(restored()).containsExactly("a", "b", "c");
  }

  @Test
  void snapshotThatBreaksOff_leavesTheOneBefore_andNothingElse() throws Exception {
    FileRegistryStore store = FileRegistryStore.open(dir);
    store.put(lease("a"));
    try (FullDisk full = FullDisk.after(Files.size(dir.resolve("registry.journal")) + 20)) {
      assertThat(full).isNotNull();
      store.put(lease("b"));
    }
    store.put(lease("c"));
    for (int i = 0; i < 20; i++) {
      lease("more-" + i);
    }
    try (FullDisk full = FullDisk.after(1_000)) {
      assertThat(full).isNotNull();
      store.compact(3, () -> live);
      assertThat(store.trouble()).contains("cannot be written");
    }
    try (var files = Files.list(dir)) {
      assertThat(files).noneMatch(file -> file.toString().endsWith(".next"));
    }
    store.put(live.get(1));
    store.compact(4, () -> live);
    store.close();
    assertThat(restored()).hasSize(live.size());
  }
}
