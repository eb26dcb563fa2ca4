package io.inmesh.filter.jwt;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.inmesh.control.ControlLoop;
import io.inmesh.model.JwtProvider;

/** The issuers that filters trust, and their keys, for as long as some filter uses them. */
final class Providers {
  private final ControlLoop loop;
  private final KeyFetcher fetcher;
  private final Cache<JwtProvider.Keys.Remote, RemoteKeys> fetched =
      Caffeine.newBuilder().weakValues().executor(Runnable::run).build();
  private final Cache<JwtProvider, Provider> known =
      Caffeine.newBuilder().weakValues().executor(Runnable::run).build();

  Providers(ControlLoop loop, KeyFetcher fetcher) {
    this.loop = loop;
    this.fetcher = fetcher;
  }

  Provider of(String name, JwtProvider settings) {
    try {
      return known.get(settings, added -> new Provider(added, keys(added), loop.clock()));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("provider '" + name + "': " + e.getMessage(), e);
    }
  }

  private Keys keys(JwtProvider settings) {
    if (settings.keys() instanceof JwtProvider.Keys.Inline inline) {
      return Keys.fixed(KeySet.parse(inline.jwks()));
    }
    return fetched.get(
        (JwtProvider.Keys.Remote) settings.keys(),
        source -> RemoteKeys.start(source, fetcher, loop));
  }
}
