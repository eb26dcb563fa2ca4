package io.inmesh.benchmarks.control;

/** The configuration of a mesh with many services, all endpoints declared. */
public final class ManyServices {
  private ManyServices() {}

  /** Numbered services with so many endpoints each, as YAML. */
  public static String yaml(int services, int endpoints) {
    StringBuilder yaml = new StringBuilder();
    for (int s = 0; s < services; s++) {
      yaml.append(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: service%d, namespace: default}
          spec:
            selector: {app: service%d}
            ports: [{name: http, port: 80, targetPort: 8080}]
          ---
          """
              .formatted(s, s));
      for (int e = 0; e < endpoints; e++) {
        int address = s * endpoints + e;
        yaml.append(
            """
            apiVersion: networking.istio.io/v1
            kind: WorkloadEntry
            metadata: {name: service%d-%d, namespace: default}
            spec: {address: 10.%d.%d.%d, labels: {app: service%d}}
            ---
            """
                .formatted(s, e, address / 62_500, address / 250 % 250, address % 250 + 1, s));
      }
    }
    return yaml.toString();
  }
}
