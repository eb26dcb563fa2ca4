package io.inmesh.examples.echo;

import io.inmesh.MeshConfig;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How this process joins the mesh; the same for both commands. */
final class MeshOptions {
  @Option(
      names = "--control",
      paramLabel = "HOST:PORT",
      description = "The control server. Default: INMESH_CONTROL_SERVER.")
  private @Nullable String control;

  @Option(
      names = "--namespace",
      paramLabel = "NS",
      description = "This process's namespace. Default: INMESH_NAMESPACE, else default.")
  private @Nullable String namespace;

  @Option(
      names = "--label",
      paramLabel = "K=V",
      description = "A label of this process; repeatable.")
  private Map<String, String> labels = new LinkedHashMap<>();

  @Option(
      names = "--locality",
      paramLabel = "REGION/ZONE/SUBZONE",
      description = "Where this process runs.")
  private @Nullable String locality;

  @Option(
      names = "--token-file",
      paramLabel = "FILE",
      description = {
        "Holds the join token that 'inmesh token create' prints. Default: INMESH_TOKEN, else",
        "INMESH_TOKEN_FILE."
      })
  private @Nullable Path tokenFile;

  @Option(names = "--insecure", description = "Talk plaintext, to the control server and to peers.")
  private boolean insecure;

  /** The environment's settings, overridden by the command line's. */
  MeshConfig config(@Nullable String service, @Nullable String version) {
    MeshConfig.Builder config = MeshConfig.builder().environment();
    if (control != null) {
      config.controlServer(control);
    }
    if (service != null) {
      config.service(service);
    }
    if (version != null) {
      config.version(version);
    }
    if (namespace != null) {
      config.namespace(namespace);
    }
    if (!labels.isEmpty()) {
      config.labels(labels);
    }
    if (locality != null) {
      config.locality(locality);
    }
    if (tokenFile != null) {
      config.tokenFile(tokenFile);
    }
    if (insecure) {
      config.insecure(true);
    }
    return config.build();
  }
}
