package org.nemotron.runtime.cache;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.base.Verify;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a KV cache of fixed size, and their holders.
 *
 * <p>A request gets the pages of its prompt and of as many further tokens as it asks for; it may
 * {@linkplain PagedSequence#tryGrow grow} later, while there are pages. Its pages follow each other
 * where they can. Requests whose prompts begin alike share the full pages of that beginning. A page
 * that nobody holds any more keeps its tokens for later requests until the memory is needed: then
 * the one that was held least recently goes.
 *
 * <p>Every page is in use, cached or free, and the three counts add up to {@link #pageCount}. Not
 * safe for use by several threads: it belongs to the thread that runs the model.
 */
public final class PagePool {
  // A request that holds a page holds all pages before it in the prefix tree. They are let go
  // together, the last one first, so that of two cached pages the one that builds on the other has
  // waited longer: the oldest page is never one that another builds on.

  private final int pageCount;
  private final int pageTokens;
  private final FreePages free;
  private final PageQueue cached;
  private final PrefixIndex index;
  private final int[] holders;

  /**
   * Makes a pool of which every page is free.
   *
   * @param pageCount how many pages the memory has
   * @param pageTokens how many tokens a page has
   */
  public PagePool(int pageCount, int pageTokens) {
    checkArgument(pageCount > 0, "pageCount (%s) must be positive", pageCount);
    checkArgument(pageTokens > 0, "pageTokens (%s) must be positive", pageTokens);
    checkArgument(
        (long) pageCount * pageTokens <= Integer.MAX_VALUE,
        "%s pages of %s tokens must not have more than %s tokens",
        pageCount,
        pageTokens,
        Integer.MAX_VALUE);
    this.pageCount = pageCount;
    this.pageTokens = pageTokens;
    this.free = new FreePages(pageCount);
    this.cached = new PageQueue(pageCount);
    this.index = new PrefixIndex(pageCount, pageTokens);
    this.holders = new int[pageCount];
  }

  /** Returns how many pages there are. */
  public int pageCount() {
    return pageCount;
  }

  /** Returns how many tokens a page has. */
  public int pageTokens() {
    return pageTokens;
  }

  /**
   * Returns how many pages requests hold, those not yet filled included; shared ones count once.
   */
  public int used() {
    return pageCount - free.count() - cached.size();
  }

  /** Returns how many pages nobody holds that keep tokens for later requests. */
  public int cached() {
    return cached.size();
  }

  /** Returns how many pages nobody holds and that keep nothing. */
  public int free() {
    return free.count();
  }

  /** Returns whether a request of {@code tokens}, prompt and answer, fits when it is alone. */
  public boolean canEverFit(long tokens) {
    return pagesFor(tokens) <= pageCount;
  }

  /** Returns how many pages {@code tokens} take. */
  public long pagesFor(long tokens) {
    checkArgument(tokens >= 0, "tokens (%s) must not be negative", tokens);
    return (tokens + pageTokens - 1) / pageTokens;
  }

  /**
   * Reserves the pages of a request, if enough are free now: a table with pages for the prompt and
   * {@code maxNewTokens} more. Its first tokens are there already where an earlier prompt began
   * alike, but never the prompt's last one, from which the answer begins. Empty, and nothing
   * changed, if it must wait for the end of others.
   *
   * @throws IllegalArgumentException if the prompt is empty or the request can never fit
   */
  public Optional<PagedSequence> tryReserve(ImmutableIntArray prompt, int maxNewTokens) {
    return tryReserve(prompt, maxNewTokens, "");
  }

  /**
   * Reserves the pages of a request as {@link #tryReserve(ImmutableIntArray, int)} does; they are
   * shared with prompts of the same salt only.
   */
  public Optional<PagedSequence> tryReserve(
      ImmutableIntArray prompt, int maxNewTokens, String salt) {
    checkArgument(!prompt.isEmpty(), "a prompt must have a token");
    checkArgument(maxNewTokens >= 0, "maxNewTokens (%s) must not be negative", maxNewTokens);
    long tokens = (long) prompt.length() + maxNewTokens;
    checkArgument(
        canEverFit(tokens),
        "a prompt of %s tokens and %s new ones take %s pages, but the cache has %s of %s tokens.\n"
            + "Maybe give the cache more memory, or ask for fewer new tokens.",
        prompt.length(),
        maxNewTokens,
        pagesFor(tokens),
        pageCount,
        pageTokens);
    List<PrefixIndex.Node> shared = index.find(prompt.subArray(0, prompt.length() - 1), salt);
    int wanted = Ints.checkedCast(pagesFor(tokens)) - shared.size();
    if (wanted > free.count() + cached.size() - cachedOf(shared)) {
      return Optional.empty();
    }
    return Optional.of(
        new PagedSequence(
            this,
            assign(shared, wanted),
            shared.size(),
            salt,
            shared.isEmpty() ? index.root() : shared.get(shared.size() - 1)));
  }

  /** Returns how many pages of the beginning of {@code prompt} other requests hold now. */
  public int heldOf(ImmutableIntArray prompt, String salt) {
    List<PrefixIndex.Node> shared = index.find(prompt.subArray(0, prompt.length() - 1), salt);
    return shared.size() - cachedOf(shared);
  }

  /**
   * Adds {@code wanted} pages to {@code pages}; empty, and nothing changed, if they are not free.
   */
  Optional<ImmutableIntArray> tryTake(ImmutableIntArray pages, int wanted) {
    if (wanted > free.count() + cached.size()) {
      return Optional.empty();
    }
    ImmutableIntArray.Builder more = ImmutableIntArray.builder().addAll(pages);
    take(wanted, more, pages.isEmpty() ? -1 : pages.get(pages.length() - 1));
    ImmutableIntArray all = more.build();
    all.subArray(pages.length(), all.length()).forEach(page -> holders[page]++);
    return Optional.of(all);
  }

  private void take(int wanted, ImmutableIntArray.Builder pages, int last) {
    while (free.count() < wanted) {
      evictOldest();
    }
    free.take(wanted, pages, last);
  }

  private int cachedOf(List<PrefixIndex.Node> nodes) {
    return (int) nodes.stream().filter(node -> holders[node.page()] == 0).count();
  }

  private ImmutableIntArray assign(List<PrefixIndex.Node> shared, int wanted) {
    ImmutableIntArray.Builder pages = ImmutableIntArray.builder();
    int last = -1;
    for (PrefixIndex.Node node : shared) {
      last = node.page();
      if (holders[last] == 0) {
        cached.remove(last);
      }
      pages.add(last);
    }
    take(wanted, pages, last);
    ImmutableIntArray assigned = pages.build();
    assigned.forEach(page -> holders[page]++);
    return assigned;
  }

  private void evictOldest() {
    int page = cached.oldest();
    cached.remove(page);
    index.remove(page);
    free.add(page);
  }

  /** Offers a page that was just filled to later requests. */
  PrefixIndex.@Nullable Node publish(
      PrefixIndex.Node parent, ImmutableIntArray tokens, String salt, int page) {
    return index.add(parent, tokens, salt, page);
  }

  /** Releases a request's pages. */
  void release(ImmutableIntArray pages) {
    for (int i = pages.length() - 1; i >= 0; i--) {
      int page = pages.get(i);
      Verify.verify(holders[page] > 0, "page %s has no holder", page);
      if (--holders[page] == 0) {
        if (index.contains(page)) {
          cached.add(page);
        } else {
          free.add(page);
        }
      }
    }
  }
}
