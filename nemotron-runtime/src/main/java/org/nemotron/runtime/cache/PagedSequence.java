package org.nemotron.runtime.cache;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkElementIndex;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The pages of one request, and how many of its tokens they hold: token {@code p} is in page {@code
 * p / pageTokens} of the table.
 *
 * <p>Pages are there for {@link #capacity} tokens, and more with {@link #tryGrow}. The keys and
 * values of tokens are written to {@link #slot}s first, then {@link #append} counts them: from then
 * on a page that they fill may be shared with other requests, and must not be written again. Not
 * safe for use by several threads.
 */
public final class PagedSequence {
  private final PagePool pool;
  private final int sharedPages;
  private final String salt;
  private final int[] filling;
  private ImmutableIntArray pages;
  private int length;

  /** The last page in the prefix index; null once a page's tokens stand there under another id. */
  private PrefixIndex.@Nullable Node published;

  private boolean released = false;

  PagedSequence(
      PagePool pool,
      ImmutableIntArray pages,
      int sharedPages,
      String salt,
      PrefixIndex.Node published) {
    this.pool = pool;
    this.pages = pages;
    this.sharedPages = sharedPages;
    this.salt = salt;
    this.filling = new int[pool.pageTokens()];
    this.length = sharedPages * pool.pageTokens();
    this.published = published;
  }

  /** Returns how many tokens of the prompt were there from the beginning: full pages of them. */
  public int sharedTokens() {
    return sharedPages * pool.pageTokens();
  }

  /** Returns how many tokens there are, the shared ones included. */
  public int length() {
    return length;
  }

  /** Returns how many tokens there may be. */
  public int capacity() {
    return pages.length() * pool.pageTokens();
  }

  /** Returns the ids of all pages, in the order of their tokens; the last ones may be empty. */
  public ImmutableIntArray pages() {
    return pages;
  }

  /** Returns where token {@code position} is in a memory of pages one after another. */
  public int slot(int position) {
    int page = checkElementIndex(position, capacity(), "position") / pool.pageTokens();
    return pages.get(page) * pool.pageTokens() + position % pool.pageTokens();
  }

  /** Returns whether all pages follow each other, so that they are one slice of the memory. */
  public boolean isContiguous() {
    return runs().size() == 1;
  }

  /** Returns the pages as runs that are as long as possible. */
  public ImmutableList<PageRun> runs() {
    ImmutableList.Builder<PageRun> runs = ImmutableList.builder();
    int begin = 0;
    for (int i = 1; i <= pages.length(); i++) {
      if (i == pages.length() || pages.get(i) != pages.get(i - 1) + 1) {
        runs.add(new PageRun(pages.get(begin), i - begin));
        begin = i;
      }
    }
    return runs.build();
  }

  /**
   * Takes as many more pages as {@code tokens} tokens need in all. Pages that are there keep their
   * places.
   *
   * @return whether the pages are there; nothing has changed where they are not
   * @throws IllegalStateException if the pages have been given back
   */
  public boolean tryGrow(int tokens) {
    checkState(!released, "the pages have been released");
    int wanted = Ints.checkedCast(pool.pagesFor(tokens)) - pages.length();
    if (wanted <= 0) {
      return true;
    }
    Optional<ImmutableIntArray> grown = pool.tryTake(pages, wanted);
    grown.ifPresent(all -> pages = all);
    return grown.isPresent();
  }

  /**
   * Counts {@code tokens} whose keys and values have been written to the slots behind {@link
   * #length}.
   *
   * @throws IllegalArgumentException if they are more than were reserved
   */
  public void append(ImmutableIntArray tokens) {
    checkRoom(tokens.length());
    tokens.forEach(this::count);
  }

  /** Counts one token, as {@link #append(ImmutableIntArray)} does. */
  public void append(int token) {
    checkRoom(1);
    count(token);
  }

  private void checkRoom(int tokens) {
    checkState(!released, "the pages have been released");
    checkArgument(
        tokens <= capacity() - length,
        "%s more tokens must fit behind %s of %s",
        tokens,
        length,
        capacity());
  }

  private void count(int token) {
    filling[length % filling.length] = token;
    length++;
    if (length % filling.length == 0 && published != null) {
      int page = pages.get(length / filling.length - 1);
      published = pool.publish(published, ImmutableIntArray.copyOf(filling), salt, page);
    }
  }

  /**
   * Gives the pages back; full ones keep their tokens for later requests as long as possible.
   *
   * @throws IllegalStateException if they have been given back
   */
  public void release() {
    checkState(!released, "the pages have been released");
    released = true;
    pool.release(pages);
  }
}
