package org.nemotron.runtime.cache;

import com.google.common.base.Verify;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a pool must do, written without pages: it knows which beginnings of texts are kept, who
 * holds them, and when they were let go. Slow.
 */
final class NaivePool {
  private final int pageCount;
  private final int pageTokens;

  /** Beginnings of whole pages, with how many requests hold each and when the last let it go. */
  private final Map<List<Integer>, Kept> kept = new HashMap<>();

  private int heldAlone = 0;
  private int clock = 0;

  NaivePool(int pageCount, int pageTokens) {
    this.pageCount = pageCount;
    this.pageTokens = pageTokens;
  }

  private static final class Kept {
    private int holders = 1;
    private int letGo = 0;
  }

  /** A request: its tokens, the beginnings that it holds, and the pages that are its alone. */
  static final class Request {
    private final List<Integer> tokens = new ArrayList<>();
    private final List<List<Integer>> beginnings = new ArrayList<>();
    private int alone;
    private boolean publishing = true;

    List<Integer> tokens() {
      return tokens;
    }

    int length() {
      return tokens.size();
    }
  }

  int cached() {
    return (int) kept.values().stream().filter(page -> page.holders == 0).count();
  }

  int used() {
    return heldAlone + kept.size() - cached();
  }

  Optional<Request> tryReserve(List<Integer> prompt, int maxNewTokens) {
    Request request = new Request();
    for (int end = pageTokens; end < prompt.size(); end += pageTokens) {
      List<Integer> beginning = List.copyOf(prompt.subList(0, end));
      if (!kept.containsKey(beginning)) {
        break;
      }
      request.beginnings.add(beginning);
    }
    int pages = (prompt.size() + maxNewTokens + pageTokens - 1) / pageTokens;
    request.alone = pages - request.beginnings.size();
    long reused = request.beginnings.stream().filter(key -> page(key).holders == 0).count();
    if (used() + reused + request.alone > pageCount) {
      return Optional.empty();
    }
    request.beginnings.forEach(key -> page(key).holders++);
    while (used() + cached() + request.alone > pageCount) {
      kept.entrySet().stream()
          .filter(entry -> entry.getValue().holders == 0)
          .min((a, b) -> Integer.compare(a.getValue().letGo, b.getValue().letGo))
          .map(Map.Entry::getKey)
          .ifPresent(kept::remove);
    }
    heldAlone += request.alone;
    request.tokens.addAll(prompt.subList(0, request.beginnings.size() * pageTokens));
    return Optional.of(request);
  }

  void append(Request request, int token) {
    request.tokens.add(token);
    if (request.tokens.size() % pageTokens == 0 && request.publishing) {
      List<Integer> beginning = List.copyOf(request.tokens);
      request.publishing = !kept.containsKey(beginning);
      if (request.publishing) {
        kept.put(beginning, new Kept());
        request.beginnings.add(beginning);
        request.alone--;
        heldAlone--;
      }
    }
  }

  void release(Request request) {
    heldAlone -= request.alone;
    for (int i = request.beginnings.size() - 1; i >= 0; i--) {
      Kept page = page(request.beginnings.get(i));
      page.holders--;
      page.letGo = ++clock;
    }
  }

  private Kept page(List<Integer> beginning) {
    return Verify.verifyNotNull(kept.get(beginning));
  }
}
