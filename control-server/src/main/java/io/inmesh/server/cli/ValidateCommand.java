package io.inmesh.server.cli;

import io.inmesh.server.admin.FindingView;
import io.inmesh.server.compile.Validation;
import io.inmesh.server.config.Finding;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;

@Command(
    name = "validate",
    description = "Checks a configuration directory without serving it.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:no errors", "1:errors", "2:wrong usage"})
final class ValidateCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "DIR", description = "The directory.")
  private Path directory = Path.of("");

  @Option(names = "--json", description = "One JSON object instead of text.")
  private boolean json;

  @Override
  public Integer call() throws CommandFailure {
    if (!Files.isDirectory(directory)) {
      throw CommandFailure.usage(directory + ": no such directory");
    }
    Validation validation = Validation.of(directory);
    List<Finding> findings = validation.findings();
    long errors = findings.stream().filter(Finding::isError).count();
    long warnings = findings.stream().filter(f -> f.level() == Finding.Level.WARNING).count();
    if (spec != null) {
      PrintWriter out = spec.commandLine().getOut();
      if (json) {
        Map<String, Object> result = new LinkedHashMap<>();
        result.put("valid", errors == 0);
        result.put("objects", validation.objects());
        result.put("errors", errors);
        result.put("warnings", warnings);
        result.put("findings", findings.stream().map(FindingView::of).toList());
        out.println(JsonMapper.builder().build().writeValueAsString(result));
      } else {
        findings.forEach(out::println);
        out.println(
            count(validation.objects(), "valid object")
                + ", "
                + count(errors, "error")
                + ", "
                + count(warnings, "warning"));
      }
      out.flush();
    }
    return errors == 0 ? 0 : 1;
  }

  private static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
