package io.inmesh.examples.echo;

import java.net.URI;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Where a call goes: {@code http://service[:port]/path} or {@code
 * grpc://service[:port]/package.Service/Method}.
 *
 * @param uri as given
 * @param grpc whether it is a gRPC method
 */
record Target(URI uri, boolean grpc) {
  /** A target from its text; throws {@link IllegalArgumentException} with what is expected. */
  static Target of(String text) {
    URI uri;
    try {
      uri = URI.create(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "' is not a URL: " + e.getMessage(), e);
    }
    String scheme = uri.getScheme();
    boolean grpc = "grpc".equals(scheme);
    if (uri.getAuthority() == null || !(grpc || "http".equals(scheme) || "https".equals(scheme))) {
      throw new IllegalArgumentException(
          "'"
              + text
              + "': expected http://service[:port]/path or"
              + " grpc://service[:port]/package.Service/Method");
    }
    if (grpc && !uri.getPath().matches("/[^/]+/[^/]+")) {
      throw new IllegalArgumentException(
          "'" + text + "': expected a gRPC method as the path, /package.Service/Method");
    }
    return new Target(uri, grpc);
  }

  /** {@code package.Service/Method}. */
  String fullMethod() {
    return uri.getPath().substring(1);
  }

  /** For the command line. */
  static final class Converter implements ITypeConverter<Target> {
    @Override
    public Target convert(String value) {
      try {
        return of(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
