package io.inmesh.server.compile;

import io.envoyproxy.envoy.config.core.v3.RuntimeFractionalPercent;
import io.envoyproxy.envoy.config.route.v3.RedirectAction;
import io.envoyproxy.envoy.config.route.v3.RouteAction;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatchAndSubstitute;
import io.envoyproxy.envoy.type.matcher.v3.RegexMatcher;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.envoyproxy.envoy.type.v3.FractionalPercent.DenominatorType;
import io.inmesh.server.config.RouteFilter.PathRewrite;
import io.inmesh.server.config.RouteFilter.RequestRedirect;
import io.inmesh.server.config.RouteFilter.UrlRewrite;

/** Redirects, rewrites and mirrors. */
final class HandlingResources {
  private static final int MILLION = 1_000_000;

  private HandlingResources() {}

  static RedirectAction redirect(RequestRedirect redirect) {
    RedirectAction.Builder action = RedirectAction.newBuilder();
    if (redirect.scheme() != null) {
      action.setSchemeRedirect(redirect.scheme());
    }
    if (redirect.hostname() != null) {
      action.setHostRedirect(redirect.hostname());
    }
    if (redirect.port() != null) {
      action.setPortRedirect(redirect.port());
    }
    PathRewrite path = redirect.path();
    if (path != null && path.prefixOnly()) {
      action.setPrefixRewrite(path.value());
    } else if (path != null) {
      action.setPathRedirect(path.value());
    }
    return action
        .setResponseCode(
            switch (redirect.statusCode()) {
              case 301 -> RedirectAction.RedirectResponseCode.MOVED_PERMANENTLY;
              case 303 -> RedirectAction.RedirectResponseCode.SEE_OTHER;
              case 307 -> RedirectAction.RedirectResponseCode.TEMPORARY_REDIRECT;
              case 308 -> RedirectAction.RedirectResponseCode.PERMANENT_REDIRECT;
              default -> RedirectAction.RedirectResponseCode.FOUND;
            })
        .build();
  }

  static void apply(Handling handling, RouteAction.Builder action) {
    UrlRewrite rewrite = handling.rewrite();
    if (rewrite != null && rewrite.hostname() != null) {
      action.setHostRewriteLiteral(rewrite.hostname());
    }
    if (rewrite != null && rewrite.path() != null) {
      path(rewrite.path(), action);
    }
    for (Handling.MirrorTarget mirror : handling.mirrors()) {
      action.addRequestMirrorPolicies(
          RouteAction.RequestMirrorPolicy.newBuilder()
              .setCluster(mirror.cluster())
              .setDisableShadowHostSuffixAppend(true)
              .setRuntimeFraction(
                  RuntimeFractionalPercent.newBuilder().setDefaultValue(share(mirror))));
    }
  }

  private static void path(PathRewrite path, RouteAction.Builder action) {
    if (path.prefixOnly()) {
      action.setPrefixRewrite(path.value().isEmpty() ? "/" : path.value());
      return;
    }
    action.setRegexRewrite(
        RegexMatchAndSubstitute.newBuilder()
            .setPattern(RegexMatcher.newBuilder().setRegex("^/.*$"))
            .setSubstitution(path.value().replace("\\", "\\\\")));
  }

  private static FractionalPercent share(Handling.MirrorTarget mirror) {
    if (mirror.denominator() == 100) {
      return CallFilters.percent(mirror.numerator());
    }
    return FractionalPercent.newBuilder()
        .setNumerator((int) ((long) mirror.numerator() * MILLION / mirror.denominator()))
        .setDenominator(DenominatorType.MILLION)
        .build();
  }
}
