package io.inmesh.benchmarks.control;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The configuration of a mesh with many services, all endpoints declared. */
public final class ManyServices {
  private ManyServices() {}

  /** Writes numbered services, each a file with so many endpoints. */
  public static void write(Path config, int services, int endpoints) throws IOException {
    for (int s = 0; s < services; s++) {
      Files.writeString(config.resolve("service" + s + ".yaml"), service(s, endpoints));
    }
  }

  private static String service(int number, int endpoints) {
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: v1
            kind: Service
            metadata: {name: service%d, namespace: default}
            spec:
              selector: {app: service%d}
              ports: [{name: http, port: 80, targetPort: 8080}]
            """
                .formatted(number, number));
    for (int e = 0; e < endpoints; e++) {
      int address = number * endpoints + e;
      yaml.append(
          """
          ---
          apiVersion: networking.istio.io/v1
          kind: WorkloadEntry
          metadata: {name: service%d-%d, namespace: default}
          spec: {address: 10.%d.%d.%d, labels: {app: service%d}}
          """
              .formatted(
                  number, e, address / 62_500, address / 250 % 250, address % 250 + 1, number));
    }
    return yaml.toString();
  }
}
