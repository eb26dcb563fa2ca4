package io.inmesh.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import org.junit.jupiter.api.Test;

/** The jar that users run. */
class RunnableJarIT {
  private static final Path JAR = Path.of("target", "control-server.jar");

  @Test
  void jar_holdsOnlyWhatTheServerNeeds() throws Exception {
    try (JarFile jar = new JarFile(JAR.toFile())) {
      List<String> names = jar.stream().map(entry -> entry.getName()).toList();
      assertThat(names)
          .as("grpc-xds must not be on the server's class path")
          .noneMatch(name -> name.startsWith("io/grpc/xds/"))
          .noneMatch(name -> name.startsWith("io/envoyproxy/envoy/api/v2/"))
          .noneMatch(name -> name.endsWith(".proto"))
          .noneMatch(name -> name.endsWith(".SF"))
          .contains("META-INF/services/io.grpc.NameResolverProvider");
      assertThat(jar.getManifest().getMainAttributes().getValue("Main-Class"))
          .isEqualTo(Main.class.getName());
    }
  }

  @Test
  void jar_run_knowsItsVersion() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-jar",
                JAR.toString(),
                "--version")
            .redirectErrorStream(true)
            .start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(out).startsWith("inmesh 0.").doesNotContain("development");
    assertThat(process.exitValue()).isZero();
  }
}
