namespace ConnectAgent.Protocol.Services;

/// <summary>A part of a record that a stored row leaves out while it says nothing; what reads as null is completed by <see cref="StoredShapes"/>.</summary>
public interface ICanBeUnset
{
    /// <summary>Whether it says nothing.</summary>
    bool IsUnset { get; }
}
