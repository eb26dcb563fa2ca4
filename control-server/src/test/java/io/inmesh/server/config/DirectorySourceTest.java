package io.inmesh.server.config;

import static io.inmesh.server.config.Yaml.service;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectorySourceTest {

  @TempDir Path temp;

  private final BlockingQueue<ConfigUpdate> updates = new LinkedBlockingQueue<>();
  private final ConfigStore store = ConfigStore.inMemory(false);

  @SuppressWarnings("NullAway.Init") // by the test
  private DirectorySource source;

  @AfterEach
  void close_leavesNothingBehind() {
    if (source != null) {
      source.close();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .doesNotContain("inmesh-config");
  }

  @Test
  void change_ofAFile_isApplied() throws Exception {
    Path dir = directory();
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    start(dir);
    assertThat(source.current().set().services()).hasSize(1);

    Files.writeString(dir.resolve("a.yaml"), service("a", 81));

    awaitPort(81);
  }

  @Test
  void change_byRenaming_isApplied() throws Exception {
    Path dir = directory();
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    start(dir);
    Path saved = Files.writeString(dir.resolve(".a.yaml.swp"), service("a", 81));

    Files.move(saved, dir.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);

    awaitPort(81);
  }

  @Test
  void change_belowANewDirectory_isApplied() throws Exception {
    Path dir = directory();
    start(dir);
    Path shop = Files.createDirectories(dir.resolve("team/shop"));
    Files.writeString(shop.resolve("a.yml"), service("a", 80));
    awaitPort(80);

    Files.writeString(shop.resolve("a.yml"), service("a", 81));

    awaitPort(81);
    assertThat(source.current().set().services().get(0).provenance().file())
        .isEqualTo("team/shop/a.yml");
  }

  /** As Kubernetes updates a volume: files link to ..data, which links to a dated directory. */
  @Test
  void change_bySwappingALink_isApplied() throws Exception {
    Path dir = directory();
    Path one = Files.createDirectories(dir.resolve("..2026_01"));
    Path two = Files.createDirectories(dir.resolve("..2026_02"));
    Files.writeString(one.resolve("a.yaml"), service("a", 80));
    Files.writeString(two.resolve("a.yaml"), service("a", 81));
    Files.createSymbolicLink(dir.resolve("..data"), Path.of("..2026_01"));
    Files.createSymbolicLink(dir.resolve("a.yaml"), Path.of("..data/a.yaml"));
    start(dir);
    assertThat(source.current().findings()).isEmpty();

    Files.createSymbolicLink(dir.resolve("..data_tmp"), Path.of("..2026_02"));
    Files.move(dir.resolve("..data_tmp"), dir.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);

    awaitPort(81);
  }

  @Test
  void change_half_written_keepsThePreviousVersionUntilWhole() throws Exception {
    Path dir = directory();
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    start(dir);
    String text = service("a", 81);

    // At once, as a file that is emptied first may be seen empty, which is no error.
    Path half = Files.writeString(temp.resolve("half"), text.substring(0, text.length() - 4));
    Files.move(half, dir.resolve("a.yaml"), StandardCopyOption.ATOMIC_MOVE);

    ConfigUpdate broken = await(update -> update.hasErrors());
    assertThat(broken.set().services().get(0).spec().ports().get(0).port()).isEqualTo(80);
    Files.writeString(dir.resolve("a.yaml"), text);
    assertThat(awaitPort(81).findings()).isEmpty();
  }

  @Test
  void delete_ofAFile_removesItsObjects() throws Exception {
    Path dir = directory();
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    start(dir);

    Files.delete(dir.resolve("a.yaml"));

    assertThat(await(update -> update.set().all().isEmpty()).findings()).isEmpty();
  }

  @Test
  void delete_ofTheDirectory_changesNothingUntilItIsBack() throws Exception {
    Path dir = directory();
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    start(dir);

    Files.move(dir, temp.resolve("elsewhere"));

    ConfigUpdate lost = await(update -> update.hasErrors());
    assertThat(lost.set().services()).hasSize(1);
    assertThat(lost.findings())
        .singleElement()
        .asString()
        .isEqualTo(
            "error IM1001: the configuration directory is lost, the last configuration stays in"
                + " force: "
                + dir
                + " does not exist");

    Files.createDirectory(dir);
    ConfigUpdate empty = await(update -> update.findings().toString().contains("is empty"));
    assertThat(empty.set().services()).hasSize(1);

    Files.writeString(dir.resolve("a.yaml"), service("a", 81));
    assertThat(awaitPort(81).findings()).isEmpty();
  }

  @Test
  void start_withoutDirectory_keepsWhatWasInForceBeforeTheRestart() throws Exception {
    Path state = temp.resolve("state");
    ConfigStore before = ConfigStore.persistent(state, false);
    before.apply(java.util.List.of(ParsedFile.parse("a.yaml", service("a", 80).getBytes(UTF_8))));

    try (DirectorySource restarted =
        DirectorySource.of(temp.resolve("absent"), ConfigStore.persistent(state, false))
            .start(updates::add)) {
      assertThat(restarted.current().set().services()).hasSize(1);
      assertThat(restarted.current().hasErrors()).isTrue();
    }
  }

  @Test
  void changes_inABurst_areGathered() throws Exception {
    Path dir = directory();
    source =
        DirectorySource.of(dir, store)
            .debounce(Duration.ofMillis(500), Duration.ofSeconds(20))
            .start(updates::add);

    for (int i = 0; i < 50; i++) {
      Files.writeString(dir.resolve("s" + i + ".yaml"), service("s" + i, 80));
    }

    await(update -> update.set().services().size() == 50);
    assertThat(updates).isEmpty();
  }

  @Test
  void listener_throwing_doesNotEndTheWatch() throws Exception {
    Path dir = directory();
    source =
        DirectorySource.of(dir, store)
            .poll(Duration.ofMillis(100))
            .debounce(Duration.ofMillis(20), Duration.ofMillis(200))
            .start(
                update -> {
                  updates.add(update);
                  throw new IllegalStateException("from a test");
                });
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    awaitPort(80);

    Files.writeString(dir.resolve("a.yaml"), service("a", 81));

    awaitPort(81);
  }

  private Path directory() throws IOException {
    return Files.createDirectory(temp.resolve("config"));
  }

  private void start(Path dir) {
    source =
        DirectorySource.of(dir, store)
            .poll(Duration.ofMillis(100))
            .debounce(Duration.ofMillis(20), Duration.ofMillis(500))
            .start(updates::add);
  }

  private ConfigUpdate awaitPort(int port) throws InterruptedException {
    return await(
        update ->
            !update.set().services().isEmpty()
                && update.set().services().get(0).spec().ports().get(0).port() == port);
  }

  private ConfigUpdate await(Predicate<ConfigUpdate> condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (true) {
      ConfigUpdate update = updates.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(update).as("an update that satisfies the condition").isNotNull();
      if (condition.test(update)) {
        return update;
      }
    }
  }
}
