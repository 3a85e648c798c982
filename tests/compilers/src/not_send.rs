use std::rc::Rc;

pub fn share(name: Rc<String>) -> usize {
    std::thread::spawn(move || name.len()).join().unwrap()
}
