package io.inmesh.filter.jwt;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.inmesh.call.Headers;
import io.inmesh.call.RequestHead;
import io.inmesh.control.Clock;
import io.inmesh.match.TextTest;
import io.inmesh.model.JwtProvider;
import io.inmesh.model.JwtProvider.ClaimHeader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Checks the tokens of one issuer. Thread-safe. */
final class Provider {
  /** Longer tokens are verified each time. */
  private static final int MAX_REMEMBERED_LENGTH = 4096;

  /** What was verified, and with which keys. */
  private record Remembered(KeySet keys, Verdict.Valid valid) {}

  private final JwtProvider settings;
  private final Keys keys;
  private final Clock clock;
  private final TokenLocations locations;
  private final @Nullable TextTest subjects;
  private final Cache<Compact, Remembered> remembered;

  Provider(JwtProvider settings, Keys keys, Clock clock) {
    this.settings = settings;
    this.keys = keys;
    this.clock = clock;
    this.locations = new TokenLocations(settings);
    this.subjects = settings.subjects() == null ? null : TextTest.of(settings.subjects());
    this.remembered =
        Caffeine.newBuilder().maximumSize(settings.cacheSize()).executor(Runnable::run).build();
  }

  /**
   * Checks the request's tokens; all must be valid, and what the first one says counts.
   *
   * @param audiences instead of the settings'; empty: the settings'
   * @param last keys that are not there now do not count
   */
  Verdict check(RequestHead head, List<String> audiences, boolean last) {
    Verdict first = Verdict.MISSING;
    for (String token : locations.find(head)) {
      Verdict verdict = verify(token, audiences.isEmpty() ? settings.audiences() : audiences, last);
      if (!(verdict instanceof Verdict.Valid)) {
        return verdict;
      }
      first = first instanceof Verdict.Valid ? first : verdict;
    }
    return first;
  }

  /** Checks a token that came without a request; parameters as above. */
  Verdict check(String token, boolean last) {
    return verify(token, settings.audiences(), last);
  }

  private Verdict verify(String compact, List<String> audiences, boolean last) {
    KeySet current = keys.current();
    Compact key = new Compact(compact);
    Remembered known = remembered.getIfPresent(key);
    long now = clock.epochMillis();
    if (known != null && known.keys() == current) {
      if (now > known.valid().expires()) {
        return new Verdict.Refused(Refusal.EXPIRED);
      }
      return audience(known.valid().claims(), audiences)
          ? known.valid()
          : new Verdict.Refused(Refusal.AUDIENCE);
    }
    Token token;
    try {
      token = Token.parse(compact);
    } catch (Token.Malformed e) {
      return new Verdict.Refused(e.refusal);
    }
    Refusal refusal = refusal(token, audiences, now);
    if (refusal != null) {
      return new Verdict.Refused(refusal);
    }
    if (!current.verify(token)) {
      boolean look = !last && !current.knows(token.keyId());
      CompletionStage<Void> looking = look ? keys.lookFor(token.keyId()) : null;
      return looking != null
          ? new Verdict.Waiting(looking)
          : new Verdict.Refused(current == KeySet.EMPTY ? Refusal.KEYS : Refusal.SIGNATURE);
    }
    Verdict.Valid valid = new Verdict.Valid(token.payload(), listed(token.claims()), expiry(token));
    if (settings.cacheSize() > 0 && compact.length() <= MAX_REMEMBERED_LENGTH) {
      remembered.put(key, new Remembered(current, valid));
    }
    return valid;
  }

  /** What is wrong besides the signature; null: nothing. */
  private @Nullable Refusal refusal(Token token, List<String> audiences, long nowMillis) {
    Map<String, Object> claims = token.claims();
    if (!settings.issuer().isEmpty() && !settings.issuer().equals(token.text("iss"))) {
      return Refusal.ISSUER;
    }
    if (!audience(claims, audiences)) {
      return Refusal.AUDIENCE;
    }
    if (subjects != null && !subjects.test(token.text("sub"))) {
      return Refusal.SUBJECT;
    }
    double now = nowMillis / 1000.0;
    double skew = settings.clockSkew().toSeconds();
    Double expires = number(claims, "exp");
    Double notBefore = number(claims, "nbf");
    if (expires == null && (claims.containsKey("exp") || settings.requireExpiration())) {
      return Refusal.NO_EXPIRATION;
    }
    if (expires != null && now > expires + skew) {
      return Refusal.EXPIRED;
    }
    if ((notBefore == null && claims.containsKey("nbf"))
        || (notBefore != null && now < notBefore - skew)) {
      return Refusal.NOT_YET_VALID;
    }
    return tooLong(claims, expires, notBefore) ? Refusal.LIFETIME : null;
  }

  private boolean tooLong(
      Map<String, Object> claims, @Nullable Double expires, @Nullable Double notBefore) {
    if (settings.maxLifetime() == null) {
      return false;
    }
    Double issued = number(claims, "iat");
    Double from = issued != null ? issued : notBefore;
    return expires == null
        || from == null
        || expires - from > settings.maxLifetime().toMillis() / 1000.0;
  }

  private static @Nullable Double number(Map<String, Object> claims, String name) {
    return claims.get(name) instanceof Number number ? number.doubleValue() : null;
  }

  private long expiry(Token token) {
    Double expires = number(token.claims(), "exp");
    double millis =
        expires == null ? Long.MAX_VALUE : (expires + settings.clockSkew().toSeconds()) * 1000.0;
    return (long) millis;
  }

  private static boolean audience(Map<String, Object> claims, List<String> allowed) {
    if (allowed.isEmpty()) {
      return true;
    }
    Object audience = claims.get("aud");
    if (audience instanceof List<?> list) {
      for (Object item : list) {
        if (item instanceof String text && among(text, allowed)) {
          return true;
        }
      }
      return false;
    }
    return audience instanceof String text && among(text, allowed);
  }

  private static boolean among(String audience, List<String> allowed) {
    String bare = bare(audience);
    return allowed.stream().anyMatch(a -> bare(a).equals(bare));
  }

  /** Audiences are names, but often written as addresses. */
  private static String bare(String audience) {
    int scheme = audience.startsWith("https://") ? 8 : audience.startsWith("http://") ? 7 : 0;
    int end = audience.endsWith("/") ? audience.length() - 1 : audience.length();
    return audience.substring(Math.min(scheme, end), end);
  }

  private Map<String, Object> listed(Map<String, Object> claims) {
    Map<String, Object> told = claims;
    for (String name : settings.listClaims()) {
      if (claims.get(name) instanceof String words) {
        told = told == claims ? new LinkedHashMap<>(claims) : told;
        List<String> list = new ArrayList<>();
        for (String word : words.split(" ", -1)) {
          if (!word.isEmpty()) {
            list.add(word);
          }
        }
        told.put(name, list);
      }
    }
    return told;
  }

  /** Under which name later filters find the claims; empty: not at all. */
  String payloadName() {
    return settings.payloadName();
  }

  /** Removes what only this filter may say; before anything else. */
  void clean(Headers headers) {
    if (!settings.payloadHeader().isEmpty()) {
      headers.remove(settings.payloadHeader());
    }
    for (ClaimHeader claim : settings.claimHeaders()) {
      headers.remove(claim.header());
    }
  }

  /** Passes on what a valid token says, and the token only if it is to be passed on. */
  void apply(RequestHead head, Verdict.Valid valid) {
    if (!settings.forward()) {
      locations.remove(head);
    }
    if (!settings.payloadHeader().isEmpty()) {
      head.headers().set(settings.payloadHeader(), valid.payload());
    }
    for (ClaimHeader claim : settings.claimHeaders()) {
      String text = text(valid.claims(), claim.claim());
      if (text != null) {
        head.headers().set(claim.header(), text);
      }
    }
  }

  /** A claim as a header's value; null: there is none, or it could break out of the header. */
  private static @Nullable String text(Map<String, Object> claims, String path) {
    Object value = claims;
    for (String name : path.split("\\.", -1)) {
      value = value instanceof Map<?, ?> map ? map.get(name) : null;
    }
    if (value == null) {
      return null;
    }
    String text =
        value instanceof List || value instanceof Map
            ? Json.base64(Json.text(value))
            : String.valueOf(value);
    return text.chars().allMatch(c -> c >= ' ' && c < 127) ? text : null;
  }
}
