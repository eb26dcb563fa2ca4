package io.inmesh.xds;

/**
 * Envoy's path templates, brought to the form of {@link io.inmesh.model.AccessMatch.PathTemplate}.
 */
final class UriTemplates {
  private static final int MAX_LENGTH = 256;

  private UriTemplates() {}

  /** The template with each variable replaced by its pattern: {@code {name}} is {@code *}. */
  static String glob(String template, FieldPath path) throws Rejection {
    if (template.length() > MAX_LENGTH || !template.startsWith("/")) {
      throw new Rejection(
          path, "must begin with a slash and have at most " + MAX_LENGTH + " characters");
    }
    StringBuilder glob = new StringBuilder(template.length());
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at);
      if (c != '{') {
        glob.append(c);
        at++;
        continue;
      }
      int end = template.indexOf('}', at);
      if (end < 0) {
        throw new Rejection(path, "has a variable without end");
      }
      String variable = template.substring(at + 1, end);
      int equals = variable.indexOf('=');
      boolean pattern = variable.equals("*") || variable.equals("**");
      glob.append(pattern ? variable : equals < 0 ? "*" : variable.substring(equals + 1));
      at = end + 1;
    }
    String result = glob.toString();
    int open = result.indexOf("**");
    if (result.indexOf('{') >= 0
        || result.indexOf('}') >= 0
        || (open >= 0 && result.indexOf('*', open + 2) >= 0)) {
      throw new Rejection(
          path, "is no template: '**' must be the last operator, braces must match");
    }
    return result;
  }
}
