package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.rbac.v3.Principal;
import io.envoyproxy.envoy.type.matcher.v3.ListMatcher;
import io.envoyproxy.envoy.type.matcher.v3.MetadataMatcher;
import io.envoyproxy.envoy.type.matcher.v3.OrMatcher;
import io.envoyproxy.envoy.type.matcher.v3.StringMatcher;
import io.envoyproxy.envoy.type.matcher.v3.ValueMatcher;
import java.util.ArrayList;
import java.util.List;

/** What tokens say, as conditions on what the JWT filter leaves for later ones. */
final class Claims {
  /** Of the filter that validates tokens, and of what it leaves. */
  static final String FILTER = "envoy.filters.http.jwt_authn";

  /** The claims in what it leaves. */
  static final String PAYLOAD = "payload";

  private Claims() {}

  /** {@code <issuer>/<subject>}, split at the last slash because issuers are addresses. */
  static Principal principal(String value) {
    int slash = value.lastIndexOf('/');
    String issuer = slash < 0 ? value : value.substring(0, slash);
    String subject = slash < 0 ? "" : value.substring(slash + 1);
    StringMatcher something = Strings.regex(".+");
    StringMatcher ofIssuer = exact(issuer);
    StringMatcher ofSubject = exact(subject);
    if (value.equals("*")) {
      ofIssuer = something;
      ofSubject = something;
    } else if (value.startsWith("*")) {
      ofIssuer = slash < 0 ? something : Strings.matcher(issuer);
      ofSubject = slash < 0 ? Strings.matcher(value) : exact(subject);
    } else if (value.endsWith("*")) {
      ofIssuer = slash < 0 ? Strings.matcher(value) : exact(issuer);
      ofSubject = slash < 0 ? something : Strings.matcher(subject);
    }
    return Principal.newBuilder()
        .setAndIds(
            Principal.Set.newBuilder()
                .addIds(principal(List.of("iss"), text(ofIssuer)))
                .addIds(principal(List.of("sub"), text(ofSubject))))
        .build();
  }

  private static StringMatcher exact(String value) {
    return StringMatcher.newBuilder().setExact(value).build();
  }

  /** A claim that is this text, or a list that holds it. */
  static Principal claim(List<String> path, String value) {
    StringMatcher matcher = Strings.matcher(value);
    return principal(
        path,
        ValueMatcher.newBuilder()
            .setOrMatch(
                OrMatcher.newBuilder()
                    .addValueMatchers(item(matcher))
                    .addValueMatchers(text(matcher)))
            .build());
  }

  /** The names in {@code request.auth.claims[a][b]}. */
  static List<String> path(String key) {
    List<String> path = new ArrayList<>();
    for (int open = key.indexOf('['); open >= 0; open = key.indexOf('[', open + 1)) {
      path.add(key.substring(open + 1, key.indexOf(']', open)));
    }
    return path;
  }

  static ValueMatcher text(StringMatcher matcher) {
    return ValueMatcher.newBuilder().setStringMatch(matcher).build();
  }

  static ValueMatcher item(StringMatcher matcher) {
    return ValueMatcher.newBuilder()
        .setListMatch(ListMatcher.newBuilder().setOneOf(text(matcher)))
        .build();
  }

  static MetadataMatcher metadata(String filter, List<String> path, ValueMatcher value) {
    MetadataMatcher.Builder metadata =
        MetadataMatcher.newBuilder().setFilter(filter).setValue(value);
    path.forEach(key -> metadata.addPath(MetadataMatcher.PathSegment.newBuilder().setKey(key)));
    return metadata.build();
  }

  @SuppressWarnings("deprecation") // what clients of any age read
  private static Principal principal(List<String> claim, ValueMatcher value) {
    List<String> path = new ArrayList<>();
    path.add(PAYLOAD);
    path.addAll(claim);
    return Principal.newBuilder().setMetadata(metadata(FILTER, path, value)).build();
  }
}
