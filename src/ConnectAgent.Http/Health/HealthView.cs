using System.Runtime.InteropServices;
using System.Text.Json;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.Health;

/// <summary>
/// The health of one service at one index: rendered once for all who read it, until something that it is made of is written. Of the one before, the texts of
/// instances that have not changed are taken over.
/// </summary>
internal sealed class HealthView
{
    private readonly ulong[] _written;
    private readonly int _generation;
    private object _seen;
    private RenderedBody? _passing;
    private Dictionary<string, List<int>>? _byTag;

    /// <summary>Renders it.</summary>
    /// <param name="state">Where it was found.</param>
    /// <param name="found">What was.</param>
    /// <param name="nameRight">What a token must be allowed to see anything of it; null for nothing.</param>
    /// <param name="before">What was rendered last for the same service; null for none.</param>
    public HealthView(StateSnapshot state, CatalogView<IReadOnlyList<InstanceHealth>> found, AccessRequest? nameRight, HealthView? before)
    {
        (Instances, Topics, NameRight, Index) = (found.Value, found.Topics, nameRight, Math.Max(1, found.Index));
        (_seen, _generation) = (state.Mark, state.Generation);
        _written = [.. Topics.Select(state.IndexOf)];
        List = DiscoveryList.Of(ItemsOf(Instances, before), isFiltered: false);
        Body = new RenderedBody(List.Json);
    }

    /// <summary>In the order of the list.</summary>
    public IReadOnlyList<InstanceHealth> Instances { get; }

    public DiscoveryList List { get; }

    public ulong Index { get; }

    public Topic[] Topics { get; }

    public AccessRequest? NameRight { get; }

    public RenderedBody Body { get; }

    /// <summary>The same of what passes (HLT-3).</summary>
    public RenderedBody Passing => _passing ??= ReferenceEquals(List.Passing, List) ? Body : new RenderedBody(List.Passing.Json);

    /// <summary>What it takes, in bytes, within a fifth.</summary>
    public long Size => 1024 + (3L * List.Json.Length);

    /// <summary>Whether it still is what a state answers. Makes nothing.</summary>
    public bool Holds(StateSnapshot state)
    {
        if (ReferenceEquals(Volatile.Read(ref _seen), state.Mark))
        {
            return true;
        }

        // Of a service without instances the index is that of others.
        if (state.Generation != _generation || Instances.Count == 0)
        {
            return false;
        }

        for (var i = 0; i < Topics.Length; i++)
        {
            if (state.IndexOf(Topics[i]) != _written[i])
            {
                return false;
            }
        }

        Volatile.Write(ref _seen, state.Mark);
        return true;
    }

    /// <summary>
    /// The positions of the instances that have all of some tags, whose case does not matter (HLT-4). The first who asks makes the index of them, so that the others look at what
    /// has a tag, and not at each instance.
    /// </summary>
    /// <param name="tags">At least one.</param>
    public IReadOnlyList<int> With(IReadOnlyList<string> tags)
    {
        var byTag = _byTag ??= IndexOfTags();
        List<List<int>> each = [.. tags.Select(tag => byTag.GetValueOrDefault(tag, []))];
        each.Sort(static (one, other) => one.Count.CompareTo(other.Count));
        return each.Skip(1).Aggregate(each[0], static (kept, next) => kept.FindAll(at => next.BinarySearch(at) >= 0));
    }

    /// <summary>Whether both have the same instances with the same checks.</summary>
    public bool SaysTheSame(HealthView other)
    {
        if (Instances.Count != other.Instances.Count)
        {
            return false;
        }

        // Asked by each of thousands who wake at once.
        for (var i = 0; i < Instances.Count; i++)
        {
            if (!AreSame(Instances[i], other.Instances[i]))
            {
                return false;
            }
        }

        return true;
    }

    private Dictionary<string, List<int>> IndexOfTags()
    {
        Dictionary<string, List<int>> byTag = new(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < Instances.Count; i++)
        {
            foreach (var tag in Instances[i].Service.Tags.Distinct(StringComparer.OrdinalIgnoreCase))
            {
                (CollectionsMarshal.GetValueRefOrAddDefault(byTag, tag, out _) ??= []).Add(i);
            }
        }

        return byTag;
    }

    private static List<DiscoveryItem> ItemsOf(IReadOnlyList<InstanceHealth> instances, HealthView? before)
    {
        Dictionary<object, int>? known = null;
        List<DiscoveryItem> items = new(instances.Count);
        for (var i = 0; i < instances.Count; i++)
        {
            items.Add(before is not null && PlaceOf(instances[i], i) is >= 0 and var at && AreSame(instances[i], before.Instances[at])
                ? before.List.Items[at]
                : new DiscoveryItem(instances[i].Node.Name, instances[i].Service.Name, instances[i].IsPassing, Render(instances[i])));
        }

        return items;

        // Mostly nobody has come or gone, and each is where it was.
        int PlaceOf(InstanceHealth instance, int at)
        {
            if (at < before.Instances.Count && ReferenceEquals(before.Instances[at].Service, instance.Service))
            {
                return at;
            }

            if (known is null)
            {
                known = new(ReferenceEqualityComparer.Instance);
                for (var i = 0; i < before.Instances.Count; i++)
                {
                    known[before.Instances[i].Service] = i;
                }
            }

            return known.GetValueOrDefault(instance.Service, -1);
        }
    }

    private static ReadOnlyMemory<byte> Render(InstanceHealth instance) =>
        WireReply.Render(writer => ServiceJson.InstanceHealth(writer, instance), pretty: false);

    // Rows stay the same objects while nobody writes them.
    private static bool AreSame(InstanceHealth one, InstanceHealth other)
    {
        if (!ReferenceEquals(one.Node, other.Node) || !ReferenceEquals(one.Service, other.Service) || one.Checks.Count != other.Checks.Count)
        {
            return false;
        }

        for (var i = 0; i < one.Checks.Count; i++)
        {
            if (!ReferenceEquals(one.Checks[i], other.Checks[i]))
            {
                return false;
            }
        }

        return true;
    }
}
