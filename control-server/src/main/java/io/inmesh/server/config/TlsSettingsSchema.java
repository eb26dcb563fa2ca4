package io.inmesh.server.config;

import static io.inmesh.server.config.ListSchema.list;
import static io.inmesh.server.config.ObjectSchema.object;
import static io.inmesh.server.config.TextSchema.oneOf;

import io.inmesh.model.TlsParameters;
import io.inmesh.model.TlsParameters.CipherSuite;
import io.inmesh.model.TlsParameters.Curve;
import io.inmesh.model.TlsParameters.Version;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fields of MeshDefaults about TLS handshakes: Istio's {@code TLSConfig}. */
final class TlsSettingsSchema {
  private static final String NEWEST = "TLSV1_3";

  static final ObjectSchema PARAMETERS =
      object("TLSConfig")
          .optional(
              "minProtocolVersion",
              oneOf("TLS_AUTO", "TLSV1_2", NEWEST),
              "TLS_AUTO",
              "the oldest version; TLS_AUTO is 1.2. 1.3 is the newest and preferred")
          .optional(
              "cipherSuites",
              list(oneOf(names(CipherSuite.values(), CipherSuite::openSslName)), 16),
              "of TLS 1.2, best first; those of 1.3 cannot be chosen")
          .optional(
              "ecdhCurves",
              list(oneOf(names(Curve.values(), Curve::openSslName)), 8),
              "for the key exchange, best first")
          .rule((parameters, check) -> check(parameters));

  private TlsSettingsSchema() {}

  private static void check(View parameters) {
    if (parameters.text("minProtocolVersion").equals(NEWEST) && parameters.has("cipherSuites")) {
      parameters.report(
          FindingCode.CONTRADICTION,
          "cipherSuites",
          "are of TLS 1.2, which minProtocolVersion TLSV1_3 excludes",
          "leave one of the two out");
    }
    if (!read(parameters).equals(TlsParameters.DEFAULT)) {
      parameters.report(
          FindingCode.TLS_NOT_FOR_GRPC,
          "stock gRPC takes no TLS parameters: the other side of its connections enforces them",
          "");
    }
  }

  static TlsSettings of(View defaults) {
    return new TlsSettings(
        read(defaults.objectOrNull("meshMTLS")), read(defaults.objectOrNull("tlsDefaults")));
  }

  private static TlsParameters read(@Nullable View parameters) {
    return parameters == null
        ? TlsParameters.DEFAULT
        : new TlsParameters(
            parameters.text("minProtocolVersion").equals(NEWEST)
                ? Version.TLS_1_3
                : Version.TLS_1_2,
            Version.TLS_1_3,
            named(parameters.texts("cipherSuites"), CipherSuite.values(), CipherSuite::openSslName),
            named(parameters.texts("ecdhCurves"), Curve.values(), Curve::openSslName));
  }

  private static <T> String[] names(T[] values, Function<T, String> name) {
    return Arrays.stream(values).map(name).toArray(String[]::new);
  }

  private static <T> List<T> named(List<String> names, T[] values, Function<T, String> name) {
    return names.stream()
        .flatMap(wanted -> Arrays.stream(values).filter(value -> name.apply(value).equals(wanted)))
        .toList();
  }
}
