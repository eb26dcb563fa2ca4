package io.inmesh.model;

import java.util.List;

/**
 * Header changes at one level. Levels apply from the most specific to the least: weighted cluster,
 * route, virtual host, route configuration. Within a level removals precede additions, as in Envoy.
 *
 * @param requestAdds to requests
 * @param requestRemoves from requests, lower case
 * @param responseAdds to responses
 * @param responseRemoves from responses, lower case
 */
public record HeaderChanges(
    List<HeaderAdd> requestAdds,
    List<String> requestRemoves,
    List<HeaderAdd> responseAdds,
    List<String> responseRemoves) {
  /** No change. */
  public static final HeaderChanges NONE =
      new HeaderChanges(List.of(), List.of(), List.of(), List.of());

  public HeaderChanges {
    requestAdds = List.copyOf(requestAdds);
    requestRemoves = List.copyOf(requestRemoves);
    responseAdds = List.copyOf(responseAdds);
    responseRemoves = List.copyOf(responseRemoves);
  }

  /** Whether it changes nothing. */
  public boolean isEmpty() {
    return requestAdds.isEmpty()
        && requestRemoves.isEmpty()
        && responseAdds.isEmpty()
        && responseRemoves.isEmpty();
  }
}
