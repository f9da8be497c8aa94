//! The Pareto front of points with two quantities of which less is better.

/// The points of which no other has less of one quantity and no more of the other, by the first quantity, joined by steps:
/// up to the next point's first quantity, the second is that of the point before.
pub fn front(points: impl IntoIterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut points: Vec<_> = points.into_iter().collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for point in points {
        match steps.last() {
            Some(&(_, least)) if point.1 >= least => {}
            last => {
                let corner = last.map(|&(_, least)| (point.0, least));
                steps.extend(corner);
                steps.push(point);
            }
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_another_dominates_are_left_out() {
        let points = [(3.0, 1.0), (1.0, 3.0), (2.0, 3.5), (2.0, 2.0), (3.0, 2.0), (4.0, 1.0)];
        let expected = [(1.0, 3.0), (2.0, 3.0), (2.0, 2.0), (3.0, 2.0), (3.0, 1.0)];
        assert_eq!(front(points), expected);
        assert_eq!(front([]), []);
    }
}
