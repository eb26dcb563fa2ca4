package io.inmesh.server.config;

import static io.inmesh.server.config.Yaml.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.inmesh.server.config.ConfigDirectory.Listing;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigDirectoryTest {

  @TempDir Path dir;

  private ConfigDirectory directory;

  @BeforeEach
  void open() {
    directory = new ConfigDirectory(dir);
  }

  @Test
  void list_mixedDirectory_onlyConfiguration() throws Exception {
    Files.createDirectories(dir.resolve("b/.hidden"));
    for (String name :
        new String[] {
          "a.yaml",
          "b/c.YML",
          "b/d.json",
          ".a.yaml.swp",
          ".e.yaml",
          "b/.hidden/f.yaml",
          "a.yaml~",
          "README.md"
        }) {
      Files.writeString(dir.resolve(name), "");
    }

    assertThat(directory.list().files().keySet()).containsExactly("a.yaml", "b/c.YML", "b/d.json");
  }

  @Test
  void list_loopOfLinks_ends() throws Exception {
    Files.createSymbolicLink(dir.resolve("loop"), dir);
    Files.writeString(dir.resolve("a.yaml"), "");

    assertThat(directory.list().files().keySet()).containsExactly("a.yaml");
  }

  @Test
  void list_tooManyFiles_refused() throws Exception {
    for (int i = 0; i <= ConfigDirectory.MAX_FILES; i++) {
      Files.createFile(dir.resolve(i + ".yaml"));
    }

    assertThatThrownBy(directory::list)
        .isInstanceOf(IOException.class)
        .hasMessage(dir + " has more than 10000 files; split the configuration");
  }

  @Test
  void list_aFile_refused() throws Exception {
    Path file = Files.createFile(dir.resolve("a.yaml"));

    assertThatThrownBy(() -> new ConfigDirectory(file).list())
        .isInstanceOf(IOException.class)
        .hasMessage(file + " is not a directory");
  }

  /** A directory that may not be read must not look like one without files. */
  @Test
  void walk_unreadableDirectory_fails() throws Exception {
    Listing listing = new Listing(new TreeMap<>(), new TreeSet<>(), "");
    ConfigDirectory.Walk walk = directory.new Walk(listing);
    Path team = dir.resolve("team");
    AccessDeniedException denied = new AccessDeniedException(team.toString());

    assertThatThrownBy(() -> walk.visitFileFailed(team, denied)).isSameAs(denied);
    assertThatThrownBy(() -> walk.visitFileFailed(dir, denied)).isSameAs(denied);
    assertThat(walk.visitFileFailed(team, new FileSystemLoopException("team")))
        .isEqualTo(FileVisitResult.CONTINUE);
    assertThat(walk.visitFileFailed(dir.resolve("a.yaml"), denied))
        .isEqualTo(FileVisitResult.CONTINUE);
    assertThat(listing.files()).containsOnlyKeys("a.yaml");
  }

  @Test
  void read_danglingLink_findingOfThatFile() throws Exception {
    Files.createSymbolicLink(dir.resolve("a.yaml"), dir.resolve("absent"));
    Files.writeString(dir.resolve("b.yaml"), service("b", 80));

    Map<String, ParsedFile> files = directory.read(directory.list());

    assertThat(files.get("a.yaml"))
        .extracting(file -> file.failure())
        .asString()
        .startsWith("a.yaml: error IM1002: the file cannot be read: ");
    assertThat(files.get("b.yaml")).extracting(file -> file.objects().size()).isEqualTo(1);
  }

  @Test
  void read_unchangedFile_isNotParsedAgain() throws Exception {
    Files.writeString(dir.resolve("a.yaml"), service("a", 80));
    Files.writeString(dir.resolve("b.yaml"), service("b", 80));
    var first = directory.read(directory.list());
    Files.writeString(dir.resolve("b.yaml"), service("b", 81));

    var second = directory.read(directory.list());

    assertThat(second.get("a.yaml")).isSameAs(first.get("a.yaml"));
    assertThat(second.get("b.yaml")).isNotSameAs(first.get("b.yaml"));
  }
}
