using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>What a read of the catalog found.</summary>
/// <param name="Value">Made of rows, which stay the same objects while nobody writes them.</param>
/// <param name="Index">The last write of what it was made of (services CAT-16); 0 for none.</param>
/// <param name="Topics">What wakes whoever waits for another one.</param>
internal sealed record CatalogView<T>(T Value, ulong Index, Topic[] Topics);

/// <summary>A read of the catalog that may wait for another answer.</summary>
/// <param name="view">Pure.</param>
/// <param name="same">Whether two values are the same.</param>
internal sealed class CatalogRead<T>(Func<StateSnapshot, CatalogView<T>> view, Func<T, T, bool> same) : StateRead<CatalogView<T>, (T Value, ulong Index)>
{
    public override (CatalogView<T> Value, ulong Index) Of(StateSnapshot snapshot) => view(snapshot) is var found ? (found, found.Index) : default;

    public override Topic[] TopicsOf(CatalogView<T> value) => value.Topics;

    public override bool AreSame(CatalogView<T> one, CatalogView<T> other) => ReferenceEquals(one, other) || same(one.Value, other.Value);

    public override (T Value, ulong Index) Answer(CatalogView<T> value, ulong index) => (value.Value, index);
}
