using System.Text.Json;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Protocol.Discovery;

/// <summary>
/// What the catalog answered: a document with items, each with what is needed to see it, in the order of the servers. Immutable. The text of the answer is
/// kept, and beside it no more than what is asked of each item, so that giving it out parses nothing.
/// </summary>
public sealed class DiscoveryList
{
    private readonly ReadOnlyMemory<byte> _head;
    private readonly ReadOnlyMemory<byte> _tail;
    private DiscoveryList? _passing;
    private AccessRequest[]? _needs;

    private DiscoveryList(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail, IReadOnlyList<DiscoveryItem> items, bool isFiltered)
    {
        // One block for all of them, whose slices they are.
        var json = new byte[head.Length + items.Sum(static item => item.Json.Length) + Math.Max(0, items.Count - 1) + tail.Length];
        var slices = new DiscoveryItem[items.Count];
        _head = Put(head, 0);
        var at = head.Length;
        for (var i = 0; i < slices.Length; i++)
        {
            if (i > 0)
            {
                json[at++] = (byte)',';
            }

            slices[i] = items[i] with { Json = Put(items[i].Json, at) };
            at += items[i].Json.Length;
        }

        _tail = Put(tail, at);
        (Json, Items, IsFiltered) = (json, slices, isFiltered);

        ReadOnlyMemory<byte> Put(ReadOnlyMemory<byte> part, int start)
        {
            part.CopyTo(json.AsMemory(start));
            return json.AsMemory(start, part.Length);
        }
    }

    /// <summary>The whole document as compact JSON; a list without items is <c>[]</c>, never null.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public IReadOnlyList<DiscoveryItem> Items { get; }

    /// <summary>Whether something is left out that the token has no right to (acl ACL-FILT-2).</summary>
    public bool IsFiltered { get; }

    /// <summary>What must be allowed to see all of it (services HLT-8); worked out when it is first asked for.</summary>
    public IReadOnlyList<AccessRequest> Needs => _needs ??=
    [
        .. Items.Select(static item => item.NodeRight).OfType<AccessRequest>().Distinct(),
        .. Items.Select(static item => item.ServiceRight).OfType<AccessRequest>().Distinct(),
    ];

    /// <summary>A list of items.</summary>
    public static DiscoveryList Of(IEnumerable<DiscoveryItem> items, bool isFiltered) => Of("["u8.ToArray(), "]"u8.ToArray(), items, isFiltered);

    /// <summary>A document with items in it.</summary>
    /// <param name="head">What is before the first item.</param>
    /// <param name="tail">What is behind the last.</param>
    public static DiscoveryList Of(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail, IEnumerable<DiscoveryItem> items, bool isFiltered) =>
        new(head, tail, [.. items], isFiltered);

    /// <summary>What of it passes (services HLT-3); made once.</summary>
    public DiscoveryList Passing => _passing ??= Where(static item => item.IsPassing, isFiltered: false);

    /// <summary>Reads what servers answered.</summary>
    /// <param name="form">Where its items are, and what they need.</param>
    /// <param name="json">In that form.</param>
    /// <param name="isFiltered">Whether the servers say that something is left out.</param>
    /// <exception cref="JsonException">It has another form.</exception>
    public static DiscoveryList Parse(DiscoveryForm form, ReadOnlyMemory<byte> json, bool isFiltered)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return form.Read(document.RootElement, isFiltered);
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException("a text is no Unicode", error);
        }
    }

    /// <summary>Keeps some of the items, in their order.</summary>
    /// <param name="keeps">Which.</param>
    /// <param name="isFiltered">Whether those that go, go because a right is missing.</param>
    /// <returns>The same object when all stay.</returns>
    public DiscoveryList Where(Func<DiscoveryItem, bool> keeps, bool isFiltered) =>
        Items.All(keeps) ? this : new(_head, _tail, [.. Items.Where(keeps)], IsFiltered || isFiltered);

    /// <summary>Keeps the items at some positions.</summary>
    /// <param name="positions">Each once, in their order.</param>
    /// <returns>The same object when all stay.</returns>
    public DiscoveryList At(IReadOnlyList<int> positions) =>
        positions.Count == Items.Count ? this : new(_head, _tail, [.. positions.Select(at => Items[at])], IsFiltered);

    /// <summary>The same document, some of whose items need nothing: they are there for another reason than their reader's rights.</summary>
    /// <param name="positions">Which.</param>
    public DiscoveryList Freed(IReadOnlyCollection<int> positions) => positions.Count == 0 ? this : new(
        _head, _tail, [.. Items.Select((item, at) => positions.Contains(at) ? item with { Node = string.Empty, Service = string.Empty } : item)], IsFiltered);

    /// <summary>The positions of the items that need one of these rights.</summary>
    public IReadOnlyCollection<int> PositionsOf(IReadOnlySet<AccessRequest> rights) =>
        [.. Enumerable.Range(0, Items.Count).Where(at => IsAmong(rights, Items[at]))];

    /// <summary>Keeps what may be seen.</summary>
    /// <param name="denied">What of <see cref="Needs"/> is not allowed.</param>
    public DiscoveryList Without(IReadOnlySet<AccessRequest> denied) => Where(item => !IsAmong(denied, item), isFiltered: true);

    /// <summary>Whether both are the same answer.</summary>
    public bool SaysTheSame(DiscoveryList other) => IsFiltered == other.IsFiltered && Json.Span.SequenceEqual(other.Json.Span);

    private static bool IsAmong(IReadOnlySet<AccessRequest> rights, DiscoveryItem item) =>
        (item.NodeRight is { } node && rights.Contains(node)) || (item.ServiceRight is { } service && rights.Contains(service));
}
