package io.inmesh.xds;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Internal;
import com.google.protobuf.Message;
import io.inmesh.xds.SupportedFields.Treatment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** docs/xds-support.md, made from {@link SupportedFields}. */
final class SupportDocument {
  static final Path FILE = root().resolve("docs").resolve("xds-support.md");

  private SupportDocument() {}

  static String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        """
        # What the client understands of xDS

        Made from the table the decoders enforce (`io.inmesh.xds.SupportedFields`); a test fails when
        this page and the table differ. To write it again:
        `mvn -pl mesh-core -am test -Dtest=SupportedFieldsTest -Dsurefire.failIfNoSpecifiedTests=false -DargLine=-Dinmesh.docs.write=true`.

        The client subscribes to `Listener`, `RouteConfiguration`, `Cluster` and
        `ClusterLoadAssignment` by name over one ADS stream, state of the world. A populated field is

        * **supported**: it has its effect;
        * **ignored**: it does not matter inside a process, nothing is said;
        * **refused**: leaving it out would change where requests go or who may send them, so the
          resource is rejected (NACK with the field's path) and the last good version stays;
        * everything else, fields of later versions included, is accepted **without effect** and
          noted once in the log and in the configuration dump. In messages marked *strict* it is
          refused.

        What is unset means what Envoy's API says, with these exceptions, where Istio's control plane
        would have sent something else: no route timeout (Envoy: 15 s), 10 s to connect (Envoy: 5 s),
        no circuit breaker limits (Envoy: 1024, 3 retries). Wrapper types keep their own defaults:
        `case_sensitive` true, `num_retries` 1 (0 is 0), `overprovisioning_factor` 140, weight 1.
        Bodies of direct responses come inline only: file names and environment variables are refused.
        HTTP filters that the process cannot run reject the listener unless they are optional.

        | message | supported | ignored | refused |
        |---|---|---|---|
        """);
    for (SupportedFields.Rules rules : SupportedFields.all()) {
      text.append("| `")
          .append(descriptor(rules).getFullName())
          .append('`')
          .append(rules.strict() ? " (strict)" : "")
          .append(" | ")
          .append(fields(rules, Treatment.SUPPORTED))
          .append(" | ")
          .append(fields(rules, Treatment.IGNORED))
          .append(" | ")
          .append(rules.strict() ? "everything else" : fields(rules, Treatment.REFUSED))
          .append(" |\n");
    }
    return text.toString();
  }

  /** What a message's fields are. */
  static Descriptor descriptor(SupportedFields.Rules rules) {
    return prototype(rules).getDescriptorForType();
  }

  /** An empty message. */
  static Message prototype(SupportedFields.Rules rules) {
    String name = rules.type();
    String home =
        name.startsWith("inmesh.")
            ? "io.inmesh.wire." + name.substring("inmesh.".length())
            : (name.startsWith("envoy.") ? "io.envoyproxy." : "com.github.") + name;
    // Messages within messages are classes within classes.
    String binary = home.replaceAll("(?<=\\.[A-Z]\\w{0,80})\\.", "\\$");
    try {
      return Internal.getDefaultInstance(Class.forName(binary).asSubclass(Message.class));
    } catch (ClassNotFoundException e) {
      throw new AssertionError(name + " is no message", e);
    }
  }

  private static String fields(SupportedFields.Rules rules, Treatment treatment) {
    List<String> names = new ArrayList<>();
    for (FieldDescriptor field : descriptor(rules).getFields()) {
      if (rules.treatment(field) == treatment) {
        names.add(field.getName());
      }
    }
    return names.isEmpty() ? "–" : String.join(", ", names);
  }

  private static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(directory.resolve("mesh-core"))) {
      directory = java.util.Objects.requireNonNull(directory.getParent(), "no project root");
    }
    return directory;
  }
}
