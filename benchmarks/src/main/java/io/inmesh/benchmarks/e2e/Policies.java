package io.inmesh.benchmarks.e2e;

import io.inmesh.testing.TestIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;

/**
 * What a server of the mesh checks besides TLS: a hundred rules, of which the last admits the
 * benchmark's request, and a signed token whose key is known.
 */
final class Policies {
  private static final int RULES = 100;
  private static final String ISSUER = "https://accounts.example.com";

  private Policies() {}

  /** Writes them; gives the token that callers need. */
  static String write(Path config) throws IOException {
    TestIssuer issuer = TestIssuer.ec("benchmark", 256);
    StringBuilder yaml =
        new StringBuilder(
            """
            apiVersion: security.istio.io/v1
            kind: RequestAuthentication
            metadata: {name: users, namespace: default}
            spec:
              jwtRules:
              - issuer: %s
                jwks: '%s'
            ---
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata: {name: callers, namespace: default}
            spec:
              rules:
            """
                .formatted(ISSUER, TestIssuer.jwks(issuer)));
    for (int i = 1; i < RULES; i++) {
      rule(yaml, "other" + i, "/api/other" + i + "/*");
    }
    rule(yaml, "web", "/api/items/*\", \"/benchmark.Echo/*");
    Files.writeString(config.resolve("policies.yaml"), yaml);
    return issuer.sign(
        "ES256",
        TestIssuer.claims(
            Map.of(
                "iss",
                "\"" + ISSUER + "\"",
                "sub",
                "\"somebody\"",
                "exp",
                String.valueOf(Instant.now().plus(Duration.ofHours(1)).getEpochSecond()))));
  }

  private static void rule(StringBuilder yaml, String caller, String paths) {
    yaml.append(
        """
          - from: [{source: {principals: ["cluster.local/ns/default/sa/%s"], requestPrincipals: ["*"]}}]
            to: [{operation: {paths: ["%s"]}}]
        """
            .formatted(caller, paths));
  }
}
