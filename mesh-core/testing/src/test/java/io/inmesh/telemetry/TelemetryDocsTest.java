package io.inmesh.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.inmesh.MeshException.Reason;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What {@code docs/telemetry.md} lists is what there is. */
final class TelemetryDocsTest {
  private static final Path PAGE = Path.of("../../docs/telemetry.md");

  @Test
  void everyInstrument_isDescribed() throws Exception {
    List<String> names = new ArrayList<>();
    for (Field constant : InstrumentNames.class.getFields()) {
      names.add("`" + constant.get(null) + "`");
    }
    assertThat(names).hasSizeGreaterThan(10);
    assertThat(page()).contains(names);
  }

  @Test
  void everyReason_isExplained_withItsFlag() throws Exception {
    for (Reason reason : Reason.values()) {
      assertThat(page()).contains("| `" + reason + "` | " + reason.flag() + " | ");
    }
  }

  private static String page() throws IOException {
    return Files.readString(PAGE);
  }
}
