using System.Collections;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Health;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Health;

/// <summary>What is found out once for each index of a service.</summary>
public sealed class HealthViewTests
{
    private const int Count = 1000;

    [Fact] // HLT-4: a read by tag takes steps for what has the tag, and not for each instance
    public void Instances_are_indexed_by_their_tags()
    {
        // Given
        var tags = Enumerable.Range(0, Count).Select(static i => new CountedTags("all", i % 2 == 0 ? "Even" : "odd", "only-" + i)).ToList();
        List<InstanceHealth> instances = [.. tags.Select(static (list, i) =>
            new InstanceHealth(new CatalogNode { Name = $"n{i:D4}" }, new NodeService { Id = "web", Name = "web", Tags = list }, []))];
        HealthView view = new(StateSnapshot.Empty, new CatalogView<IReadOnlyList<InstanceHealth>>(instances, 1, []), nameRight: null, before: null);
        tags.ForEach(static list => list.Looks = 0);

        // When
        for (var i = 0; i < Count; i++)
        {
            view.With(["ONLY-" + i]).Should().Equal(i);
        }

        // Then
        tags.Sum(static list => list.Looks).Should().Be(Count, "each is looked at once for all of these reads");
        view.With(["even"]).Should().HaveCount(Count / 2).And.BeInAscendingOrder();
        view.With(["all", "EVEN", "only-6"]).Should().Equal(6);
        view.With(["odd", "only-6"]).Should().BeEmpty();
        view.With(["nope", "all"]).Should().BeEmpty();
    }

    private sealed class CountedTags(params string[] tags) : IReadOnlyList<string>
    {
        public int Looks { get; set; }

        public int Count => tags.Length;

        public string this[int index] => tags[index];

        public IEnumerator<string> GetEnumerator()
        {
            Looks++;
            return tags.AsEnumerable().GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
