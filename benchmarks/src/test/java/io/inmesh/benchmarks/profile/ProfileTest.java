package io.inmesh.benchmarks.profile;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.benchmarks.profile.Samples.Share;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What samples say, and that they are read from a recording. */
class ProfileTest {
  private static final Frame SEND = new Frame("io.inmesh.http.netty.codec.Writer", "send");
  private static final Frame PUT = new Frame("java.util.HashMap", "put");

  @TempDir Path directory;

  @Test
  void shares_areOfTheWeight_andAPackageCountsOnceForEachStack() {
    Samples samples = new Samples();
    samples.add("a", List.of(PUT, SEND, SEND), 3);
    samples.add("b", List.of(SEND), 1);
    assertThat(samples.subjects(1)).containsExactly(new Share("a", 75));
    assertThat(samples.methods(9))
        .containsExactly(
            new Share("java.util.HashMap.put", 75),
            new Share("io.inmesh.http.netty.codec.Writer.send", 25));
    assertThat(samples.ours(9))
        .containsExactly(new Share("io.inmesh.http.netty.codec.Writer.send", 100));
    assertThat(samples.packages(9))
        .containsExactly(new Share("java.util", 75), new Share("io.inmesh.http.netty", 25));
    assertThat(samples.beneath(9))
        .containsExactly(new Share("io.inmesh.http.netty", 100), new Share("java.util", 75));
  }

  @Test
  void names_areThoseOfSources() {
    assertThat(Frame.name("[B")).isEqualTo("byte[]");
    assertThat(Frame.name("[Ljava.lang.String;")).isEqualTo("String[]");
    assertThat(Frame.name("io.inmesh.Mesh$$Lambda$7/0x01")).isEqualTo("io.inmesh.Mesh$$Lambda");
  }

  @Test
  void recording_hasWhatWasAllocated_andIsWrittenAsAPage() throws IOException {
    Path file = directory.resolve("tiny.jfr");
    try (Recording recording = new Recording()) {
      recording.enable("jdk.ObjectAllocationSample").with("throttle", "off");
      recording.start();
      // Larger than what a thread allocates for itself: each is a sample.
      for (int i = 0; i < 32; i++) {
        assertThat(new long[1 << 18]).hasSizeGreaterThan(i);
      }
      recording.stop();
      recording.dump(file);
    }
    Samples allocation = Profile.of(file, null).allocation();
    assertThat(allocation.subjects(99)).extracting(Share::name).contains("long[]");
    assertThat(allocation.beneath(99))
        .extracting(Share::name)
        .contains("io.inmesh.benchmarks.profile");

    Path page = directory.resolve("tiny.md");
    assertThat(run("--out", page.toString(), file.toString())).isEmpty();
    assertThat(page).content().contains("### tiny\n", "| `long[]` |");
    assertThat(directory.resolve("tiny.json")).doesNotExist();
  }

  @Test
  void fileThatIsNoRecording_isSaid() throws IOException {
    Path missing = directory.resolve("missing.jfr");
    assertThat(run(missing.toString())).contains(missing + ": there is no such file");
    Path text = Files.writeString(directory.resolve("text.jfr"), "text");
    assertThat(run(text.toString())).contains(text + ": not a flight recording: ");
  }

  /** Returns what the command said of its failure. */
  private static String run(String... arguments) {
    StringWriter said = new StringWriter();
    new CommandLine(new Hot())
        .setErr(new PrintWriter(said))
        .setExecutionExceptionHandler(
            (failure, failed, parsed) -> {
              failed.getErr().println(failure.getMessage());
              return 1;
            })
        .execute(arguments);
    return said.toString();
  }
}
